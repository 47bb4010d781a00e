// Herd: one ephemeral node; whoever creates it is nominated, and all others watch it.
//
// Source: the simple leader election of ZooKeeper's programmers' guide, and what Apache Kafka did with /controller while it had
// ZooKeeper (KIP-631 tells why it left).
//
// Everybody tries to create /election/leader. One succeeds; the others watch the node, and when it goes all of them are told and all
// of them try. For a planned change the holder writes the heir's name into its node: the heir alone replaces it, and if it has not
// within `suspect` the holder takes its node back.
//
// Assumes: the store. Costs: one create each, and at every succession n-1 notifications, n-1 attempts and as many looks at who won:
// the queue (zookeeper_elector.h) needs one of each. Time: the end of the holder's session, and two round trips to the store.
// Breaks by itself: the holder learns that its session is over after the others do, so for a while two believe; a stampede slows the
// very store that everybody waits for. A death that is proven does not help it: it waits for the session's end.
#pragma once

#include <optional>

#include "controller/election/standing_elector.h"

namespace baton::election {

struct HerdOptions {
  uint64_t first_call = 1;
  std::string guid;  // the process's incarnation, as printed
  ElectionTiming timing;
  Duration retry = std::chrono::milliseconds(20);  // after an unclear answer
};

class HerdElector final : public StandingElector {
 public:
  // `random` outlives the elector.
  HerdElector(HerdOptions options, Random& random);

 private:
  // One call at a time: which.
  enum class Call : uint8_t { kNone, kLook, kWatch, kCreate, kTakeOver, kName, kLeave };

  void begin() override { look(); }
  void step_down() override;
  void woken() override;
  Instant due() const override { return std::min(retry_at_, take_back_at_); }
  void died(const DeathProven&) override {}
  void transfer(const TransferTo& wish) override;
  void renamed(const Rename& rename) override;
  void replied(const StoreReplied& reply) override;
  void fired(const store::WatchFired& fired) override;

  void ask(Call call, store::Request request);
  void look();
  void looked(const store::Reply& reply);
  void own_seen(const store::Reply& reply);
  void name_heir();
  void named(const store::Reply& reply);
  void over(bool transferred, const std::string& why);

  HerdOptions options_;
  uint64_t next_call_;
  uint64_t pending_ = 0;
  Call call_ = Call::kNone;
  bool look_again_ = false;
  bool leaving_ = false;  // our node is to go
  bool ours_ = false;     // the node, as last seen
  StoreVersion version_;  // of it
  std::optional<TransferTo> heir_;
  Instant take_back_at_ = Instant::never();
  Instant retry_at_ = Instant::never();
};

}  // namespace baton::election
