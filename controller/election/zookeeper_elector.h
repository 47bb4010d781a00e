// The default elector: a queue of ephemeral sequential nodes, /election/candidates/<guid>-n_<sequence>. Each candidate
// watches its nearest predecessor that is not proven dead, and its own node: no herd. The first that is not proven dead is
// nominated, together with the list of the dead.
//
// It works in looks: list the queue, read our own node (and our predecessor's) with a watch, compare with what ought to be,
// and either change the queue by one multi and look again, or settle. Whatever happens (a watch, a lost reply, a new
// session, a wish) leads to the next look, so there is one path, not one for each accident:
// - a create whose reply was lost is found again by its GUID; a second node of ours is deleted. After a lost
//   reply the list is watched for the rest of the session, as the create may still arrive late;
// - a node is ours only if this session owns it: one of an older session is deleted and recreated, by one multi;
// - to yield is to replace our node by one at the end; to transfer is to send everyone ahead of the heir to the end: their
//   nodes are deleted, and each, watching its own, enlists anew.
//
// Proof of a death nominates at once from the last look, without asking the store: newcomers stand at the end, so whoever
// is ahead of us can only have become fewer, and the claim checks our node again.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/election/elector.h"

namespace baton::election {

struct ZooKeeperElectorOptions {
  uint64_t first_call = 1;
  std::string guid;  // the process's incarnation, as printed
  std::string data;  // what the candidate's node holds
  // Between looks after an unclear or strange answer; doubled each time, from the first to the second.
  Duration retry_min = std::chrono::milliseconds(20);
  Duration retry_max = std::chrono::milliseconds(500);
};

class ZooKeeperElector final : public Elector {
 public:
  explicit ZooKeeperElector(ZooKeeperElectorOptions options);

  ElectorDecisions step(Instant now, const ElectorEvent& event) override;
  Instant wake_at() const override;

 private:
  enum class Phase : uint8_t {
    kResting,     // settled, waiting, or without a session
    kListing,     // the queue is being read
    kInspecting,  // our own node and our predecessor's are being read
    kChanging,    // the queue is being changed
  };

  void on(const StoreReplied& replied);
  void on(const StoreHappened& happened);
  void on(const DeathProven& proven);
  void on(const Woken& woken);
  void on(const Yield& yield);
  void on(const TransferTo& transfer);
  void on(const Observe& observe);
  void on(const Rename& rename);
  void on(const Retire& retire);
  void on(const Received&) {}  // candidates meet in the store
  void on(const Persisted&) {}
  void on_session(const store::SessionChanged& change);

  uint64_t call(store::Request request);
  void look();
  void listed(const store::Reply& reply);
  void inspect();
  void inspected();
  void change(std::vector<store::Op> ops);
  void changed(const store::Reply& reply);
  void settle(std::string own_path);
  void enlist_or_wait();
  void turn_queue();
  void nominate();
  void tell_queue();
  void withdraw();
  void retry_later();
  void forget_session();

  bool is_own(const Candidate& candidate) const;
  bool is_dead(const Candidate& candidate) const { return dead_.contains(candidate.guid); }
  const Candidate* nearest_live_ahead_of(const std::string& path) const;
  store::Op enlistment() const;

  ZooKeeperElectorOptions options_;
  uint64_t next_call_;
  Instant now_;
  ElectorDecisions out_;

  int64_t session_ = 0;  // 0: none
  Phase phase_ = Phase::kResting;
  bool look_again_ = false;                   // something changed while we were looking
  bool list_watched_ = false;                 // a create's outcome was unclear in this session: it may arrive late
  uint64_t pending_ = 0;                      // the list or the change under way
  std::map<uint64_t, std::string> reads_;     // inspections under way: call id → path
  std::map<std::string, store::Reply> seen_;  // inspections answered, by path
  Instant retry_at_ = Instant::never();
  Duration retry_{};

  std::vector<Candidate> queue_;         // as last listed
  std::string own_path_;                 // empty: not settled in this session
  std::string watched_;                  // the predecessor whose end we wait for
  std::optional<Nomination> nominated_;  // as last told
  std::set<std::string> dead_;           // GUIDs
  std::set<std::string> former_guids_;   // names that we bore before Rename

  bool retired_ = false;
  std::string leaving_;              // our node that we want to be rid of (Yield)
  Instant enlist_from_{};            // not before
  std::optional<std::string> heir_;  // TransferTo under way
  bool turning_ = false;             // the change under way is for the heir's sake
  bool observing_ = false;
  std::map<std::string, std::string> data_;  // of candidates, by path, while observing
  std::optional<std::vector<Candidate>> told_queue_;
};

}  // namespace baton::election
