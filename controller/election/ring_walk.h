// A ring of voters that mends itself: what Chang–Roberts and Hirschberg–Sinclair walk on. Their authors assume a ring that is whole; this
// makes one of what is alive.
//
// The ring is the list of voters in its order. Each hop is acknowledged; a neighbour that does not acknowledge in time is asked once
// more, then passed over, until it is heard from again or an election has failed. A ring of which nobody else answers is a ring of one,
// which elects itself: the algorithms' weakness in a partition begins here. Acknowledgements are counted apart, for the theory has none.
#pragma once

#include <map>
#include <set>

#include "controller/election/ranked_elector.h"

namespace baton::election {

namespace walk {

inline constexpr char kAlgorithm = 'W';

struct Elected {
  BrokerId leader;
  int32_t hops = 0;
  static constexpr MessageKind kKind = MessageKind::kAnnouncement;
  static constexpr std::string_view kName = "Elected";
  static auto fields(auto& self) { return std::tie(self.leader, self.hops); }
  std::string words() const { return "node " + std::to_string(leader.value()) + " is elected: pass it on"; }
};
struct Ack {
  int64_t serial = 0;
  static constexpr MessageKind kKind = MessageKind::kAcknowledgement;
  static constexpr std::string_view kName = "Ack";
  static auto fields(auto& self) { return std::tie(self.serial); }
  static std::string words() { return "your message arrived"; }
};
using Message = std::variant<Elected, Ack>;

// A message on its way round bears the number that its acknowledgement names.
inline constexpr char kEnvelope = 'E';
std::string wrap(int64_t serial, std::string_view inner);
struct Unwrapped {
  int64_t serial = 0;
  std::string_view inner;
};
std::optional<Unwrapped> unwrap(std::string_view bytes);

}  // namespace walk

class RingWalk : public RankedElector {
 public:
  explicit RingWalk(PeerConfig config);

 protected:
  enum class Direction : uint8_t { kOnward, kBackward };
  static Direction opposite(Direction way) { return way == Direction::kOnward ? Direction::kBackward : Direction::kOnward; }

  // To the next neighbour that answers; to ourselves if none does.
  void pass(Direction way, std::string message);
  // A message of the algorithm's own came by.
  virtual void came_by(std::string_view message) = 0;
  // How long an election may take before it is taken for lost.
  virtual Duration patience() const = 0;

  // What a candidate's message must not exceed, or it goes round for ever: its author may be dead.
  int32_t hops_max() const { return static_cast<int32_t>(voters().size()) * 2; }
  bool taking_part() const { return lost_at_ != Instant::never(); }
  void take_part();

 private:
  struct Hop {
    Direction way;
    BrokerId to;
    std::string message;
    Instant until;
    int tries = 1;
  };

  void stop_election() final { lost_at_ = Instant::never(); }
  void came(BrokerId from, std::string_view message) final;
  void election_woken() final;
  Instant election_due() const final;
  void announce() final;
  bool tolerates(BrokerId) const final { return true; }
  bool looks_before_it_calls() const final { return true; }
  void peer_lost(BrokerId id) final;

  void on(const walk::Elected& elected);
  void deliver(std::string_view message);
  void hop(Hop next);
  BrokerId neighbour(Direction way) const;

  size_t place_ = 0;  // ours among the voters
  std::set<BrokerId> silent_;
  std::map<int64_t, Hop> unanswered_;
  int64_t next_serial_ = 1;
  Instant lost_at_ = Instant::never();
};

}  // namespace baton::election
