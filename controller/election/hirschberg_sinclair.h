// Hirschberg–Sinclair: on a ring again, but each conquers its neighbourhood first, in both directions and twice as far each time.
//
// Source: D. S. Hirschberg and J. B. Sinclair, "Decentralized Extrema-Finding in Circular Configurations of Processors", Communications of
// the ACM 23(11), 1980.
//
// In phase k a candidate sends Probe 2^k far to both sides. Whoever ranks above it swallows the probe; whoever stands at the end of
// the way sends Reply back. With both replies the candidate has the highest rank within 2^k and goes on to the next phase; with its own
// probe come round it is the highest of all.
//
// Assumes what the ring does. Costs, if all begin: at most 8n(1 + log2 n) messages whatever the order; of a phase's candidates at most
// one in 2^k+1 survives. Time: about 4n hops. So it beats the plain ring only on long rings that run downhill.
// Breaks by itself where the ring does.
#pragma once

#include "controller/election/ring_walk.h"

namespace baton::election {

namespace hirschberg_sinclair {

inline constexpr char kAlgorithm = 'H';

struct Probe {
  BrokerId id;
  int32_t phase = 0;
  int64_t hops = 0;  // this one counted
  bool onward = true;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Probe";
  static auto fields(auto& self) { return std::tie(self.id, self.phase, self.hops, self.onward); }
  std::string words() const {
    return "does anybody within 2^" + std::to_string(phase) + " rank above node " + std::to_string(id.value()) + "?";
  }
};
struct Reply {
  BrokerId id;
  int32_t phase = 0;
  int32_t hops = 0;
  bool onward = true;  // the way that the reply goes
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Reply";
  static auto fields(auto& self) { return std::tie(self.id, self.phase, self.hops, self.onward); }
  std::string words() const {
    return "nobody on this side, within 2^" + std::to_string(phase) + ", ranks above node " + std::to_string(id.value());
  }
};
using Message = std::variant<Probe, Reply>;

}  // namespace hirschberg_sinclair

class HirschbergSinclairElector final : public RingWalk {
 public:
  using RingWalk::RingWalk;

 private:
  void start_election() override;
  void came_by(std::string_view message) override;
  Duration patience() const override { return timing_.answer * static_cast<int64_t>(6 * voters().size() + 2); }

  void probe();
  void on(const hirschberg_sinclair::Probe& probe);
  void on(const hirschberg_sinclair::Reply& reply);
  void pass(bool onward, const hirschberg_sinclair::Message& message);

  int32_t phase_ = 0;
  bool replied_[2] = {false, false};
};

}  // namespace baton::election
