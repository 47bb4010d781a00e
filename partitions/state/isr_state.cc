#include "partitions/state/isr_state.h"

#include "base/assert.h"
#include "base/mutants.h"

namespace baton {

IsrState::IsrState(PartitionState committed) : committed_(std::move(committed)) {}

BrokerSet IsrState::maximal() const {
  BrokerSet all = committed_.isr;
  if (pending_) {
    for (const IsrMember& member : pending_->isr) {
      if (!contains(all, member.id)) all.push_back(member.id);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

void IsrState::propose(std::vector<IsrMember> isr) {
  BATON_ASSERT(!pending_);
  pending_ = Pending{.isr = std::move(isr)};
}

std::optional<IsrRequest> IsrState::take_request(Instant now) {
  if (!pending_) return std::nullopt;
  if (pending_->attempt != 0 && now < pending_->send_again_at) return std::nullopt;
  pending_->attempt = ++attempts_;
  pending_->send_again_at = now + kAnswerTimeout;
  return IsrRequest{pending_->attempt, committed_.leader_epoch, committed_.partition_epoch, pending_->isr};
}

IsrState::Settlement IsrState::on_response(const IsrResponse& response, ControllerEpoch highest_seen, Instant now) {
  bool refusal = response.error == ErrorCode::kIneligibleReplica;
  if (BATON_MUTANT(pending_dropped_on_not_controller)) {
    refusal = response.error != ErrorCode::kNone;
  } else if (response.controller_epoch < highest_seen) {
    refusal = false;
  }
  bool heard = response.controller_epoch != ControllerEpoch() && response.controller_epoch >= highest_seen;
  if (heard && response.state && response.state->leader_epoch == committed_.leader_epoch && adopt(*response.state)) {
    return Settlement::kConfirmed;
  }
  if (!pending_ || response.attempt != pending_->attempt) return Settlement::kOpen;
  if (refusal) {
    pending_.reset();
    return Settlement::kRefused;
  }
  pending_->send_again_at = now + kRetryBackoff;
  return Settlement::kOpen;
}

bool IsrState::adopt(const PartitionState& state) {
  BATON_ASSERT(state.leader_epoch == committed_.leader_epoch);
  if (state.partition_epoch <= committed_.partition_epoch) return false;
  committed_ = state;
  pending_.reset();
  return true;
}

}  // namespace baton
