// The elector: one interface behind which the algorithms of election stand. It proposes (Nominated), it never rules: the
// claim (claim.h) does, by winning the controller epoch. So an elector that errs costs time, never safety.
//
// The four verbs: *nominate* is its decision Nominated, *yield* and *transfer to* are asked of it, and *observe* tells who
// stands in the queue.
//
// Some electors ask the store who is next, others ask each other (Send, Received) and keep a promise or two on disk (Persist). Time,
// randomness and the list of voters are handed in. catalog.h lists them all.
#pragma once

#include "base/ids.h"
#include "controller/election/events.h"

namespace baton::election {

// Give the nomination up and stand again at the end of the queue, not before `backoff` has passed. Also what a nominee
// does that could not rule in time.
struct Yield {
  Duration backoff{};
};
// Let the candidate with this GUID be nominated next. A ruler asks for this first and resigns (claim.h) after it.
struct TransferTo {
  std::string guid;
  BrokerId id{};  // of its process; electors that talk to their peers know each other by it
};
// While on, the whole queue is watched and told (QueueChanged) with the candidates' data. Only the ruler should ask: a
// queue that everyone watches wakes everyone.
struct Observe {
  bool on = false;
};
// We are another incarnation from now on: stand under this name. Loses our place in the queue.
struct Rename {
  std::string guid;
  std::string data;
};
// Leave the queue for good.
struct Retire {};
// From another candidate, as it came from the wire. Lost, late, doubled and out of order are all the elector's business; forged is not.
struct Received {
  BrokerId from;
  std::string message;
};
// The state with this number, and every one before it, will be there after a power cut.
struct Persisted {
  uint64_t number = 0;
};

using ElectorEvent =
    std::variant<StoreReplied, StoreHappened, DeathProven, Woken, Yield, TransferTo, Observe, Rename, Retire, Received, Persisted>;

struct Nominated {
  Nomination nomination;  // told again when only the list of the dead grew
};
// The former nomination holds no longer: the session ended, or our node is gone. Whoever rules already goes on ruling
// until the claim says otherwise.
struct Withdrawn {};
struct QueueChanged {
  std::vector<Candidate> queue;  // first to last
};
// Our node has left the front in favour of `guid`, which is first now.
struct Transferred {
  std::string guid;
};
struct TransferFailed {
  std::string reason;
};

// To another candidate; may get lost.
struct Send {
  BrokerId to;
  std::string message;
};
// Make this state durable in the place of the one before, then say Persisted. What rests on it is decided only after that, so the host
// need not hold anything back. Numbers grow; the highest that is durable is what a restart is given.
struct Persist {
  uint64_t number = 0;
  std::string state;
};

using ElectorDecision = std::variant<StoreCall, Nominated, Withdrawn, QueueChanged, Transferred, TransferFailed, Send, Persist>;
using ElectorDecisions = std::vector<ElectorDecision>;

class Elector {
 public:
  virtual ~Elector() = default;
  // There is no start: it begins with the first SessionChanged{kConnected}.
  virtual ElectorDecisions step(Instant now, const ElectorEvent& event) = 0;
  // When it wants Woken; Instant::never() if not at all.
  virtual Instant wake_at() const = 0;
};

}  // namespace baton::election
