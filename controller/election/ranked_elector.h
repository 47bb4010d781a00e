// What the algorithms share that elect the highest rank and trust in time-outs: bully, ring and Hirschberg–Sinclair. Their authors left
// open how the leader's death is noticed and who hears of the new one; this is that part, the same for all three, so that a comparison
// compares the algorithms.
//
// The leader beats to everybody; who hears nothing for `suspect` calls an election. Of two leaders who hear of each other the lower one
// gives way, so partitions that heal end in one. A leader that stops standing says so. For a planned change the heir is named to
// everybody: until that expires it outranks all.
//
// None of this needs a majority, and none of it is safe by itself: two halves of a partition have a leader each, and so has a slow node
// beside the one that was elected in its absence.
#pragma once

#include <optional>

#include "controller/election/peer_codec.h"
#include "controller/election/peer_elector.h"

namespace baton::election {

namespace ranked {

inline constexpr char kAlgorithm = 'C';

struct Beat {
  static constexpr MessageKind kKind = MessageKind::kBeat;
  static constexpr std::string_view kName = "Beat";
  static auto fields(auto&) { return std::tie(); }
  static std::string words() { return "I lead and I live"; }
};
struct Coordinator {
  static constexpr MessageKind kKind = MessageKind::kAnnouncement;
  static constexpr std::string_view kName = "Coordinator";
  static auto fields(auto&) { return std::tie(); }
  static std::string words() { return "I am the leader from now on"; }
};
struct SteppedDown {
  static constexpr MessageKind kKind = MessageKind::kTransfer;
  static constexpr std::string_view kName = "SteppedDown";
  static auto fields(auto&) { return std::tie(); }
  static std::string words() { return "I lead no longer: elect another"; }
};
struct Named {
  BrokerId heir;
  int64_t milliseconds = 0;
  static constexpr MessageKind kKind = MessageKind::kTransfer;
  static constexpr std::string_view kName = "Named";
  static auto fields(auto& self) { return std::tie(self.heir, self.milliseconds); }
  std::string words() const {
    return "node " + std::to_string(heir.value()) + " shall lead, and outranks everybody for " + std::to_string(milliseconds) + " ms";
  }
};
using Message = std::variant<Beat, Coordinator, SteppedDown, Named>;

}  // namespace ranked

class RankedElector : public PeerElector {
 public:
  using PeerElector::PeerElector;

 protected:
  // The algorithm itself. start_election() may be called while one is under way: it starts anew.
  virtual void start_election() = 0;
  virtual void stop_election() = 0;
  virtual void came(BrokerId from, std::string_view message) = 0;
  virtual void election_woken() = 0;
  virtual Instant election_due() const = 0;
  virtual void announce() = 0;
  // A leader was accepted: does this node put up with one of lower rank than its own? (The bully does not.)
  virtual bool tolerates(BrokerId leader) const = 0;
  // Looks first whether there is a leader already.
  virtual bool looks_before_it_calls() const = 0;

  // A peer's process is gone for good.
  virtual void peer_lost(BrokerId) {}

  // Taking part in an election is to doubt the leader, until it is heard again.
  void doubt_leader();
  void become_leader();
  void leader_heard(BrokerId from);
  void accept(BrokerId leader);
  void tell(BrokerId to, const ranked::Message& message) { send(to, encode(ranked::kAlgorithm, message)); }
  bool leading() const { return leading_; }
  BrokerId leader() const { return leader_; }
  // The named heir, while its naming holds, before all others.
  bool ranks_above(BrokerId a, BrokerId b) const;

 private:
  void begin() final;
  void step_down() final;
  void heard(BrokerId from, std::string_view message) final;
  void woken() final;
  void lost(BrokerId id) final;
  void hand_over(const TransferTo& wish) final;
  Instant due() const final;

  void on(BrokerId from, const ranked::Beat&) { leader_heard(from); }
  void on(BrokerId from, const ranked::Coordinator&) { leader_heard(from); }
  void on(BrokerId from, const ranked::SteppedDown&);
  void on(BrokerId from, const ranked::Named& named);
  void give_way();
  void call_election();

  bool leading_ = false;
  BrokerId leader_;                            // as we believe; none: there is none
  Instant silent_at_ = Instant::never();       // then we have heard nothing for too long
  Instant beat_at_ = Instant::never();         // the next one is due
  BrokerId heir_;                              // named
  Instant heir_until_{};                       // and so long
  std::optional<TransferTo> transfer_;         // asked of us
  Instant transfer_until_ = Instant::never();  // or it has failed
};

}  // namespace baton::election
