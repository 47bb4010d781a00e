// A planned hand-over of the rule, as the ruler sees it (R2). It orders, and never rules or writes itself: the elector moves the
// heir to the front of the queue, the ruler finishes the write in flight, the claim resigns, and then the heir finds /controller
// gone and claims like any nominee. So what goes wrong on the way costs time, never safety.
//
//   HandOver → TurnQueue → (elector: Transferred) → Hold → Drained → GiveUp → (claim: Lost) → wait for the heir's rule → Over
//
// Nothing is given up before the heir stands first and the last write is confirmed; until then every failure ends with Release
// and the old ruler goes on. After that there is no way back but another claim: whoever stands next in the queue does so by
// itself when the heir dies or abdicates; for an heir that keeps its session and does nothing, the old ruler goes to the front of
// the queue again.
//
// Pure; one thread. Give it every event below that happens, also while no hand-over is under way: what does not concern it is
// ignored.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "controller/election/claim.h"
#include "controller/election/elector.h"

namespace baton::election {

// REQUIRES: we rule `epoch`, and no hand-over is under way.
struct HandOver {
  std::string heir;  // GUID of a candidate that is not ourselves
  std::string self;
  ControllerEpoch epoch;
};
// The ruler has no write in flight and starts none.
struct Drained {};
// Somebody rules this epoch; it may be ourselves.
struct RuleSeen {
  ControllerEpoch epoch;
  std::string guid;
};

using HandoverEvent = std::variant<HandOver, Transferred, TransferFailed, Drained, Lost, RuleSeen, DeathProven, Woken>;

// Ask the elector for TransferTo.
struct TurnQueue {
  std::string guid;
};
// Finish the write in flight, start no other, then say Drained.
struct Hold {};
// Go on as before Hold.
struct Release {};
// Ask the claim to Resign.
struct GiveUp {};
// The end of it. `kept`: we rule as before, nothing was given up.
struct HandoverOver {
  enum class How : uint8_t { kHeirRules, kAnotherRules, kRulesAgain, kKept, kLost };
  How how = How::kKept;
  ControllerEpoch epoch;  // that is ruled now, where it is known
  std::string reason;     // where the heir does not rule
};

using HandoverDecision = std::variant<TurnQueue, Hold, Release, GiveUp, HandoverOver>;
using HandoverDecisions = std::vector<HandoverDecision>;

struct HandoverOptions {
  // For the queue to be turned, and again for the write in flight to end. Longer only when the store does not answer.
  Duration step_time_out = std::chrono::seconds(2);
  // For the heir, or anybody, to rule once we have resigned. Longer than a nominee takes to abdicate.
  Duration claim_time_out = std::chrono::seconds(3);
};

class Handover {
 public:
  Handover() = default;
  explicit Handover(HandoverOptions options) : options_(options) {}

  HandoverDecisions step(Instant now, const HandoverEvent& event);
  Instant wake_at() const { return deadline_; }

  bool under_way() const { return phase_ != Phase::kNone; }
  // The ruler is to hold its writes.
  bool holding() const { return phase_ == Phase::kHolding || phase_ == Phase::kResigning; }

 private:
  enum class Phase : uint8_t {
    kNone,
    kTurning,    // the heir is being moved to the front
    kHolding,    // the write in flight is awaited
    kResigning,  // /controller is being deleted
    kAwaiting,   // nobody rules: the heir's turn
    kReturning,  // nor did the heir claim: ours
  };

  void on(const HandOver& wish);
  void on(const Transferred& transferred);
  void on(const TransferFailed& failed);
  void on(const Drained& drained);
  void on(const Lost& lost);
  void on(const RuleSeen& seen);
  void on(const DeathProven& proven);
  void on(const Woken& woken);
  void keep(std::string reason);
  void over(HandoverOver outcome);

  HandoverOptions options_;
  Phase phase_ = Phase::kNone;
  HandOver wish_;
  Instant now_;
  Instant deadline_ = Instant::never();
  HandoverDecisions out_;
};

}  // namespace baton::election
