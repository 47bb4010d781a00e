// Ring: each sends its number to its neighbour, and only the highest comes round.
//
// Source: E. Chang and R. Roberts, "An Improved Algorithm for Decentralized Extrema-Finding in Circular Configurations of Processes",
// Communications of the ACM 22(5), 1979.
//
// Who misses the leader sends its own name round the ring (Candidate). A node passes a higher name on, swallows a lower one (and sends
// its own, if it has not yet), and is elected when its own comes back. Then Elected goes round once.
//
// Assumes: a ring that is whole (ring_walk.h mends it), messages that arrive, silence that means death.
// Costs, if all begin: n*H(n) messages on the mean of random orders, about n ln n; 2n-1 at best, n(n+1)/2 where the ring runs downhill.
// Time: up to 2n hops, one after the other, so it is the slowest of all where nodes are many.
// Breaks by itself: two parts of a partition make a ring each; a slow neighbour is passed over and elects itself later.
#pragma once

#include "controller/election/ring_walk.h"

namespace baton::election {

namespace ring {

inline constexpr char kAlgorithm = 'R';

struct Candidate {
  BrokerId id;
  int32_t hops = 0;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Candidate";
  static auto fields(auto& self) { return std::tie(self.id, self.hops); }
  std::string words() const { return "I propose node " + std::to_string(id.value()) + ": pass it on unless you rank above it"; }
};
using Message = std::variant<Candidate>;

}  // namespace ring

class RingElector final : public RingWalk {
 public:
  using RingWalk::RingWalk;

 private:
  void start_election() override;
  void came_by(std::string_view message) override;
  Duration patience() const override { return timing_.answer * static_cast<int64_t>(2 * voters().size() + 2); }
};

}  // namespace baton::election
