// What every elector but the queue has in common: when a candidate stands, and how it is nominated and yields.
//
// A candidate stands while it has a session (without one it could not claim), has not retired, and its back-off is over. An end of the
// session ends the nomination, for a nomination names the session that may claim. One that asks its peers stands no longer, either, once
// it has not reached the store for `suspect`: it would go on leading them, and nobody could rule.
//
// Pure; one thread. An algorithm derives from this and fills in the hooks; `now_` is the instant of the step. Time comes first in each
// step: a process that was stopped must see how late it is before it acts on what waits for it.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "controller/election/elector.h"

namespace baton::election {

struct ElectionTiming {
  Duration beat = std::chrono::milliseconds(50);      // how often a leader says that it lives, or renews
  Duration suspect = std::chrono::milliseconds(200);  // without a sign for so long, it is suspected; a lease lasts so long
  Duration answer = std::chrono::milliseconds(50);    // an answer comes within this, or not at all: more than a round trip
};

class StandingElector : public Elector {
 public:
  // `random` outlives the elector.
  StandingElector(ElectionTiming timing, Random& random) : timing_(timing), random_(random) {}

  ElectorDecisions step(Instant now, const ElectorEvent& event) final;
  Instant wake_at() const final;

 protected:
  // We stand from now on.
  virtual void begin() = 0;
  // We stand no longer: give up what was won, let others have their turn.
  virtual void step_down() = 0;
  virtual void woken() = 0;
  virtual Instant due() const = 0;  // when woken() is wanted
  virtual void died(const DeathProven& proven) = 0;
  virtual void transfer(const TransferTo& wish) = 0;
  virtual void renamed(const Rename&) {}
  virtual void received(BrokerId, std::string_view) {}
  virtual void persisted(uint64_t) {}
  virtual void replied(const StoreReplied&) {}
  virtual void fired(const store::WatchFired&) {}

  // A decision in its turn; an elector with durable promises may hold it back until they are.
  virtual void emit(ElectorDecision decision) { say(std::move(decision)); }
  // Whether this elector notices by itself that it does not reach the store.
  virtual bool notices_silence_of_store() const { return true; }
  // A nomination that is still held back is forgotten.
  virtual bool forget_held_nomination() { return false; }
  void say(ElectorDecision decision) { out_.push_back(std::move(decision)); }
  void nominate(std::string candidate = {});
  // At once, whatever is being written.
  void withdraw();

  bool standing() const { return standing_; }
  bool nominated() const { return nominated_; }
  int64_t session() const { return session_; }
  bool retired() const { return retired_; }
  // Uniform in [0, below].
  Duration jitter(Duration below) { return Duration(static_cast<int64_t>(random_.below(static_cast<uint64_t>(below.count()) + 1))); }

  const ElectionTiming timing_;
  Instant now_;

 private:
  void on(const StoreReplied& reply) { replied(reply); }
  void on(const StoreHappened& happened);
  void on(const DeathProven& proven) { died(proven); }
  void on(const Woken&) {}
  void on(const Yield& yield);
  void on(const TransferTo& wish) { transfer(wish); }
  void on(const Observe&) {}
  void on(const Rename& rename) { renamed(rename); }
  void on(const Retire&) { retired_ = true; }
  void on(const Received& message) { received(message.from, message.message); }
  void on(const Persisted& written) { persisted(written.number); }
  void stand_or_not();

  Random& random_;
  ElectorDecisions out_;
  int64_t session_ = 0;  // 0: none
  bool retired_ = false;
  bool standing_ = false;
  bool nominated_ = false;
  Instant stand_from_{};
  Instant suspended_until_ = Instant::never();  // then the session is taken for lost
};

}  // namespace baton::election
