// The claim (R2): how a nominee comes to rule. One multi compares and sets the controller epoch and creates /controller;
// whoever makes that multi succeed rules that epoch, and nobody else ever does.
//
//   multi[ check(own candidate), set(/controller_epoch, e+1, version), delete(what the proven dead left), create(/controller) ]
//
// An elector without a node of its own in the store nominates without a candidate, and the check falls away: it only saves a nominee
// that has lost its place the attempt. What makes the claim safe is the version of the epoch and the absence of /controller.
//
// A nominee claims only if /controller is absent, its own leftover, or the leftover of a process proven dead. A live
// /controller of another session is waited for, with a watch. Which process left a /controller is told by its session:
// it is the dead one's if a proven dead candidate's node has the same owner.
//
// Traps: a lost reply may hide a success, so after one it reads back and takes for its own only a /controller that its
// session owns, created by the very transaction that set the epoch that it attempted; a BADVERSION on a retry may be our
// own success and is read back in the same way. Reads may be old: they only choose the next attempt, the multi decides.
//
// Drive: give Nominated when the elector nominates and NominationWithdrawn when it withdraws. Ruling ends the attempt; from
// then on the claim watches the epoch and says Lost once another rules, the session expires, or Resign was carried out.
// On Abdicated, and on Lost for any reason but the session's end, give the elector Yield: it nominates anew in its turn.
// Ruling may still come after Abdicated or NominationWithdrawn, when the reply to the decisive multi had been lost: it is
// a rule like any other (answer Resign if it is not wanted), and leaving it unsaid would leave a /controller that nobody
// rules under.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/ids.h"
#include "controller/election/elector.h"

namespace baton::election {

struct NominationWithdrawn {};
// Stop ruling in good order: /controller is deleted, under the check of our epoch. The caller has written all that it
// wanted to write. A nominee that does not rule yet abdicates.
struct Resign {};

using ClaimEvent = std::variant<StoreReplied, StoreHappened, Woken, Nominated, NominationWithdrawn, Resign>;

// We rule. `version` is the version of /controller_epoch that guards every write of this rule.
struct Ruling {
  ControllerEpoch epoch;
  StoreVersion version;
};
enum class LossReason : uint8_t { kDeposed, kSessionExpired, kResigned };
std::string_view name_of(LossReason reason);
// We rule no longer. Said once after each Ruling.
struct Lost {
  LossReason reason = LossReason::kDeposed;
};
// Nominated, but unable to rule in time, or asked to resign before it ruled.
struct Abdicated {
  Duration backoff{};
};

using ClaimDecision = std::variant<StoreCall, Ruling, Lost, Abdicated>;
using ClaimDecisions = std::vector<ClaimDecision>;

struct ClaimOptions {
  uint64_t first_call = 1;
  // Without ruling for so long, although nobody alive holds /controller: abdicate.
  Duration time_out = std::chrono::seconds(2);
  // Between attempts after an unclear or strange answer; doubled each time, from the first to the second.
  Duration retry_min = std::chrono::milliseconds(20);
  Duration retry_max = std::chrono::milliseconds(500);
  // How long to stay out of the queue after an abdication.
  Duration backoff = std::chrono::seconds(1);
  // The content of /controller (Kafka's JSON) under this epoch.
  std::function<std::string(ControllerEpoch)> controller_json;
};

class Claim {
 public:
  explicit Claim(ClaimOptions options);

  ClaimDecisions step(Instant now, const ClaimEvent& event);
  Instant wake_at() const;
  // The epoch that we rule under, none if we do not. A belief: only the store's check proves it.
  ControllerEpoch ruling() const { return phase_ == Phase::kRuling || phase_ == Phase::kResigning ? epoch_ : ControllerEpoch(); }

 private:
  enum class Phase : uint8_t {
    kIdle,      // not nominated
    kReading,   // epoch, /controller and the dead ones' nodes are being read
    kFounding,  // /controller_epoch is being created
    kClaiming,  // the multi is under way
    kWaiting,   // for a live /controller to vanish
    kPausing,   // before the next attempt
    kRuling,
    kResigning,
  };
  // What the reads of one attempt showed.
  struct View {
    store::Reply epoch;
    store::Reply controller;
    std::map<std::string, store::Reply> dead;  // candidates proven dead, by path
  };

  void on(const StoreReplied& replied);
  void on(const StoreHappened& happened);
  void on(const Woken& woken);
  void on(const Nominated& nominated);
  void on(const NominationWithdrawn& withdrawn);
  void on(const Resign& resign);
  void on_session(const store::SessionChanged& change);
  void on_watch(const store::WatchFired& fired);

  uint64_t call(store::Request request);
  void read();
  void read_replied(const std::string& path, const store::Reply& reply);
  void judge();
  bool is_our_success(ControllerEpoch epoch) const;
  bool left_by_the_dead() const;
  void found_epoch();
  void attempt(ControllerEpoch epoch);
  void write_replied(const store::Reply& reply);
  void attempt_replied(const store::Reply& reply);
  void resignation_replied(const store::Reply& reply);
  void rule(ControllerEpoch epoch, StoreVersion version);
  void watch_epoch();
  void epoch_seen(const store::Reply& reply);
  void resign();
  void pause();
  void retry();
  void abdicate(Duration backoff);
  void lose(LossReason reason);
  void rest();

  ClaimOptions options_;
  uint64_t next_call_;
  Instant now_;
  ClaimDecisions out_;

  Phase phase_ = Phase::kIdle;
  int64_t session_ = 0;
  std::optional<Nomination> nomination_;
  View view_;
  std::map<uint64_t, std::string> reads_;  // under way: call id → path
  uint64_t write_ = 0;                     // the multi under way, 0: none
  size_t set_epoch_op_ = 0;                // its op that sets the epoch
  bool look_again_ = false;                // something changed while we were reading
  ControllerEpoch attempting_;             // by the multi under way
  ControllerEpoch unclear_;                // attempted by a multi whose outcome is not known
  Instant deadline_ = Instant::never();    // abdicate then
  Instant retry_at_ = Instant::never();
  Duration retry_{};       // the last pause; zero: the next retry comes at once
  ControllerEpoch epoch_;  // under which we rule
  StoreVersion version_;
};

}  // namespace baton::election
