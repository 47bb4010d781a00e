#include "partitions/state/leader_state.h"

#include <utility>

#include "base/assert.h"
#include "base/mutants.h"
#include "partitions/state/high_watermark.h"
#include "partitions/state/lease_gate.h"

namespace baton {

LeaderState::LeaderState(BrokerId self, Leadership leadership, int64_t end_offset, int64_t high_watermark, Instant now)
    : self_(self),
      leadership_(std::move(leadership)),
      isr_(leadership_.state),
      epoch_start_(end_offset),
      end_offset_(end_offset),
      high_watermark_(high_watermark) {
  BATON_ASSERT(high_watermark <= end_offset);
  refresh_followers(now);
  advance();
}

bool LeaderState::under_min_isr() const {
  const bool others_may_lead = !isr_.committed().eligible.empty() && !BATON_MUTANT(hw_while_others_are_eligible);
  return isr_.committed().isr.size() < leadership_.effective_min_isr() || others_may_lead;
}

bool LeaderState::acknowledgement_needs_lease(int16_t acks) const {
  return baton::acknowledgement_needs_lease(acks, isr_.committed().isr.size());
}

std::vector<IsrMember> LeaderState::holders(int64_t offset) const {
  std::vector<IsrMember> found;
  for (const auto& [id, progress] : followers_) {
    if (progress.epoch != BrokerEpoch() && progress.end_offset >= offset) found.push_back({id, progress.epoch});
  }
  return found;
}

void LeaderState::on_append(int64_t end_offset) {
  BATON_ASSERT(end_offset >= end_offset_);
  end_offset_ = end_offset;
  advance();
}

ErrorCode LeaderState::check_follower(BrokerId follower, BrokerEpoch replica_epoch) const {
  auto found = followers_.find(follower);
  if (found == followers_.end()) return ErrorCode::kUnknownLeaderEpoch;
  if (BATON_MUTANT(replica_epoch_ignored)) return ErrorCode::kNone;
  bool is_the_one = replica_epoch != BrokerEpoch() && replica_epoch == found->second.epoch;
  return is_the_one ? ErrorCode::kNone : ErrorCode::kStaleBrokerEpoch;
}

void LeaderState::on_follower_fetch(BrokerId follower, int64_t offset, Instant now) {
  BATON_ASSERT(offset <= end_offset_);
  auto found = followers_.find(follower);
  BATON_ASSERT(found != followers_.end());
  found->second.on_fetch(offset, end_offset_, now);
  advance();
  found->second.may_join = may_join(follower, found->second);
  propose_expansion(now);
}

void LeaderState::update(const Leadership& leadership, Instant now) {
  leadership_.min_insync_replicas = leadership.min_insync_replicas;
  leadership_.broker_epochs = leadership.broker_epochs;
  isr_.adopt(leadership.state);
  settle(now);
}

void LeaderState::tick(Instant now, Duration lag_max) {
  if (!isr_.pending()) {
    std::vector<IsrMember> kept;
    for (BrokerId id : isr_.committed().isr) {
      auto found = followers_.find(id);
      if (id == self_ || (found != followers_.end() && found->second.caught_up(end_offset_, now, lag_max))) {
        kept.push_back(member(id));
      }
    }
    if (kept.size() < isr_.committed().isr.size()) isr_.propose(std::move(kept));
  }
  propose_expansion(now);
}

std::optional<IsrRequest> LeaderState::take_isr_request(Instant now) {
  return isr_.take_request(now);
}

void LeaderState::on_isr_response(const IsrResponse& response, ControllerEpoch highest_seen, Instant now) {
  switch (isr_.on_response(response, highest_seen, now)) {
    case IsrState::Settlement::kOpen:
      return;
    case IsrState::Settlement::kRefused:
      // The image that makes the follower eligible, or drops it, is on its way: do not ask at every fetch until then.
      no_expansion_before_ = now + IsrState::kRetryBackoff;
      break;
    case IsrState::Settlement::kConfirmed:
      break;
  }
  settle(now);
}

// A follower that holds less than the epoch began with could lack committed records which the high watermark, still on its
// way up, does not show yet. The minimum of the ISR plays no part: else an ISR below it would never grow.
bool LeaderState::may_join(BrokerId id, const FollowerProgress& progress) const {
  if (contains(isr_.committed().isr, id) || progress.epoch == BrokerEpoch()) return false;
  bool holds_start = progress.end_offset >= epoch_start_ || BATON_MUTANT(isr_join_before_epoch_start);
  return holds_start && progress.end_offset >= high_watermark_;
}

void LeaderState::refresh_followers(Instant now) {
  const BrokerSet& replicas = leadership_.state.replicas;
  std::erase_if(followers_, [&](const auto& entry) { return !contains(replicas, entry.first); });
  for (BrokerId id : replicas) {
    if (id == self_) continue;
    BrokerEpoch live = leadership_.epoch_of(id);
    auto [entry, is_new] = followers_.try_emplace(id);
    if (is_new) {
      entry->second.reset(live, now);
    } else if (entry->second.epoch != live) {
      if (BATON_MUTANT(replica_epoch_ignored)) {
        entry->second.epoch = live;
      } else {
        entry->second.reset(live, now);
      }
    }
  }
}

// All that are ready at once: one write of the page instead of several.
void LeaderState::propose_expansion(Instant now) {
  if (isr_.pending() || now < no_expansion_before_) return;
  std::vector<IsrMember> wanted;
  bool grows = false;
  for (BrokerId id : isr_.committed().isr) wanted.push_back(member(id));
  for (auto& [id, progress] : followers_) {
    if (std::exchange(progress.may_join, false) && may_join(id, progress)) {
      wanted.push_back(member(id));
      grows = true;
    }
  }
  if (grows) isr_.propose(std::move(wanted));
}

IsrMember LeaderState::member(BrokerId id) const {
  auto found = followers_.find(id);
  return {id, found == followers_.end() ? leadership_.epoch_of(id) : found->second.epoch};
}

void LeaderState::settle(Instant now) {
  leadership_.state = isr_.committed();
  refresh_followers(now);
  advance();
  propose_expansion(now);
}

void LeaderState::advance() {
  high_watermark_ = advanced_high_watermark(high_watermark_, self_, end_offset_, isr_, leadership_.effective_min_isr(), followers_);
}

}  // namespace baton
