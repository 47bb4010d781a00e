#include "controller/decision/sweep.h"

#include <bit>

namespace baton::decision {
namespace {

enum StandingBit : uint8_t { kMember = 1, kMayAct = 2, kStreaming = 4, kElectable = 8, kAvoided = 16, kClean = 32, kRefused = 64 };

uint8_t bits_of(const ReplicaStanding& at) {
  return static_cast<uint8_t>((at.member ? kMember : 0) | (at.may_still_act ? kMayAct : 0) | (at.streaming ? kStreaming : 0) |
                              (at.electable ? kElectable : 0) | (at.avoided ? kAvoided : 0) | (at.clean ? kClean : 0) |
                              (at.refused ? kRefused : 0));
}

}  // namespace

size_t Sweep::PatternHash::operator()(const Pattern& pattern) const noexcept {
  size_t hash = 0xcbf29ce484222325;
  auto add = [&hash](uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15; };
  for (size_t i = 0; i < pattern.count; ++i) add(uint64_t{pattern.replicas[i]} << 8 | pattern.standings[i]);
  add(uint64_t{pattern.isr} << 32 | uint64_t{pattern.eligible} << 24 | uint64_t{pattern.leader} << 16 | pattern.flags);
  add(static_cast<uint64_t>(pattern.minimum));
  return hash ^ hash >> 29;
}

Sweep::Became Sweep::told(const PartitionKey& key, const PageTable::Slot& before, const Outcome& outcome) const {
  if (outcome.kept) return {};
  PageTable::Slot after = outcome.after;
  after.page = before.page;
  after.leader_epoch = LeaderEpoch(before.leader_epoch.value() + after.leader_epoch.value());
  after.partition_epoch = PartitionEpoch(before.partition_epoch.value() + after.partition_epoch.value());
  if (outcome.as_row) return after;
  return pages_.record(key, after);
}

Sweep::Became Sweep::succeed(const PartitionKey& key, const PageTable::Slot& slot, int32_t min_insync_replicas,
                             const std::optional<GivenWord>& word, bool commit_flush_policy, bool unclean_allowed,
                             const StandingOf& standing) {
  auto by_the_rule = [&](const PartitionRecord& record) -> std::optional<PartitionRecord> {
    const SuccessionInput input{record, min_insync_replicas, word, commit_flush_policy, unclean_allowed};
    // All that an answer depends on beside standings: what is added to the input has to be added to the pattern.
    [[maybe_unused]] const auto& [of_record, minimum, of_word, commit, unclean] = input;
    return decision::succeed(input, standing);
  };
  auto became = [&]() -> Became {
    auto after = by_the_rule(pages_.record(key, slot));
    return after ? Became(std::move(*after)) : Became();
  };
  if (word || pages_.beside(key)) return became();

  Pattern pattern;
  pattern.replicas = slot.replicas;
  uint8_t members = 0;
  uint8_t clean = 0;
  for (size_t i = 0; i < slot.count; ++i) {
    const ReplicaStanding at = standing(pages_.broker(slot.replicas[i]));
    // How far a dirty one's log goes counts; that is no pattern.
    if (at.last_epoch != LeaderEpoch() || at.end_offset != 0) return became();
    pattern.standings[i] = bits_of(at);
    if (at.member) members |= static_cast<uint8_t>(1u << i);
    if (at.clean) clean |= static_cast<uint8_t>(1u << i);
  }
  // Quiet: its leader and its whole ISR live, and nobody is remembered. (Sweeping must not be needed for anything else.)
  const bool leads = slot.leader != 0 && (members >> (slot.leader - 1u) & 1u) != 0;
  const int wanted = std::min<int>(min_insync_replicas, slot.count);
  if (leads && (slot.isr & ~members) == 0 && slot.eligible == 0 && std::popcount(slot.isr) >= wanted) return {};

  pattern.count = slot.count;
  pattern.isr = slot.isr;
  pattern.eligible = slot.eligible;
  pattern.leader = slot.leader;
  pattern.flags = static_cast<uint8_t>((slot.unclean ? 1 : 0) | (commit_flush_policy ? 2 : 0) | (unclean_allowed ? 4 : 0));
  pattern.minimum = min_insync_replicas;
  if (auto known = outcomes_.find(pattern); known != outcomes_.end()) return told(key, slot, known->second);

  const PartitionRecord before = pages_.record(key, slot);
  auto after = by_the_rule(before);
  if (outcomes_.size() >= kOutcomesMax) outcomes_.clear();
  if (!after) {
    outcomes_[pattern].kept = true;
    return {};
  }
  if (auto changed = pages_.slot_as(*after, slot)) {
    const bool as_row = (changed->isr & ~(slot.isr & clean)) == 0 && !changed->unclean;
    changed->leader_epoch = LeaderEpoch(after->leader_epoch.value() - before.leader_epoch.value());
    changed->partition_epoch = PartitionEpoch(after->partition_epoch.value() - before.partition_epoch.value());
    outcomes_[pattern] = {false, as_row, *changed};
    return told(key, slot, outcomes_[pattern]);
  }
  return std::move(*after);
}

}  // namespace baton::decision
