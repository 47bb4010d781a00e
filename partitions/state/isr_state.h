// The in-sync replicas as their leader may count on them: Committed, or Pending while a change that it asked for is not
// settled (KIP-497). A pending change may or may not have been stored, so a leader counts on the *maximal* ISR, committed
// ∪ pending, until it knows.
//
// It is settled by a higher partition epoch only (in the image or in an answer), or by INELIGIBLE_REPLICA, which a
// controller says after it has found both epochs of the request current and no write of the page unresolved. Every other
// answer leaves the outcome open: NOT_CONTROLLER and time-outs obviously, and INVALID_UPDATE_VERSION too, because the
// epoch may have moved on by this very change, its answer lost. Such a request is repeated, unchanged, until the image
// tells. Only the answer to the latest attempt can refuse: an older one says nothing of the copy still on its way.
//
// Pure. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error_code.h"
#include "base/ids.h"
#include "partitions/state/partition_state.h"

namespace baton {

// A member and the incarnation that the leader has seen in its fetches.
struct IsrMember {
  BrokerId id;
  BrokerEpoch epoch;
  friend bool operator==(const IsrMember&, const IsrMember&) = default;
};

struct IsrRequest {
  uint64_t attempt = 0;  // hand it back with the answer; not for the wire
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<IsrMember> isr;
};

struct IsrResponse {
  uint64_t attempt = 0;
  // Of the controller that answered; none where nobody did (time-out, stream lost).
  ControllerEpoch controller_epoch;
  ErrorCode error = ErrorCode::kNone;
  // The partition as the controller has it confirmed: on NONE always, else where it chose to say.
  std::optional<PartitionState> state;
};

class IsrState {
 public:
  // How long a request may go unanswered, and how long to wait after an answer that settles nothing.
  static constexpr Duration kAnswerTimeout = std::chrono::seconds(2);
  static constexpr Duration kRetryBackoff = std::chrono::milliseconds(100);

  IsrState() = default;
  explicit IsrState(PartitionState committed);

  const PartitionState& committed() const { return committed_; }
  bool pending() const { return pending_.has_value(); }
  // committed ∪ pending, in ascending order.
  BrokerSet maximal() const;

  // Asks for `isr` from now on. REQUIRES: !pending().
  void propose(std::vector<IsrMember> isr);
  // What to send now, if anything: the first time, and again when the last attempt is unanswered or settled nothing.
  std::optional<IsrRequest> take_request(Instant now);

  enum class Settlement {
    kOpen,       // nothing is settled; a pending change stays pending
    kConfirmed,  // a higher partition epoch has been adopted
    kRefused,    // the pending change was not stored and never will be
  };
  // `highest_seen` is the highest controller epoch that this broker knows of: no lower one settles anything.
  Settlement on_response(const IsrResponse& response, ControllerEpoch highest_seen, Instant now);
  // A state from the image. True if it was newer and has been adopted. REQUIRES: the same leader epoch.
  bool adopt(const PartitionState& state);

 private:
  struct Pending {
    std::vector<IsrMember> isr;
    uint64_t attempt = 0;  // of the latest copy sent; 0: none yet
    Instant send_again_at{};
  };
  PartitionState committed_;
  std::optional<Pending> pending_;
  uint64_t attempts_ = 0;
};

}  // namespace baton
