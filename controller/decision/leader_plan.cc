#include "controller/decision/leader_plan.h"

#include <algorithm>
#include <map>

#include "controller/decision/policy_preferred.h"
#include "controller/decision/policy_reassignment.h"

namespace baton::decision {
namespace {

struct Tally {
  int32_t preferred = 0;    // partitions whose first replica it is
  int32_t elsewhere = 0;    // of those, led by others
  int32_t out_of_sync = 0;  // replicas of it outside the ISR
};

std::map<BrokerId, Tally> tally_of(const PageTable& pages) {
  std::map<BrokerId, Tally> tallies;
  for (const auto& [key, entry] : pages.entries()) {
    const PartitionRecord& record = entry.record;
    Tally& preferred = tallies[record.replicas.front()];
    ++preferred.preferred;
    preferred.elsewhere += record.leader != record.replicas.front();
    for (BrokerId id : record.replicas) tallies[id].out_of_sync += !contains(record.isr, id) && !contains(record.adding, id);
  }
  return tallies;
}

class Planner {
 public:
  explicit Planner(const PlanInput& input) : input_(input) {}

  // What an order says: none where it says nothing, or can not be followed now.
  std::optional<MoveWish> ordered(const PartitionRecord& record) const {
    const StandingOf standing = standing_of(record.key);
    const ReplicaStanding leader = standing(record.leader);
    if (!leader.electable) return std::nullopt;  // dying, or leaving by itself
    if (being_reassigned(record)) {
      if (auto heir = heir_of_removed_leader(record, input_.min_insync_replicas(record.key.topic), standing)) {
        return MoveWish{record.key, *heir, MoveCause::kReassignment};
      }
    }
    const auto held = input_.orders.held_leader(record.key, input_.now);
    if (held && may_take_over(record, *held, standing) && !input_.orders.avoids(*held)) {
      return *held == record.leader ? std::nullopt : std::optional(MoveWish{record.key, *held, MoveCause::kNamed});
    }
    if (!leader.avoided) return std::nullopt;
    const MoveCause cause = input_.orders.avoids(record.leader) ? MoveCause::kDrain : MoveCause::kStepDown;
    const bool heirs = std::any_of(record.isr.begin(), record.isr.end(), [&](BrokerId id) {
      return id != record.leader && may_take_over(record, id, standing) && !standing(id).avoided;
    });
    return heirs ? std::optional(MoveWish{record.key, BrokerId(), cause}) : std::nullopt;
  }

  std::optional<MoveWish> balanced(const PartitionRecord& record, const std::map<BrokerId, Tally>& tallies) const {
    if (input_.orders.held_leader(record.key, input_.now)) return std::nullopt;
    const BrokerId preferred = record.replicas.front();
    const Tally& tally = tallies.at(preferred);
    const bool returned = tally.out_of_sync == 0 && input_.gate.open(preferred, input_.now);
    const bool unbalanced = input_.periodic && tally.elsewhere * 100 > tally.preferred * input_.config.imbalance_percent;
    if (!returned && !unbalanced) return std::nullopt;
    const StandingOf standing = standing_of(record.key);
    if (!standing(record.leader).electable || !preferred_target(record, standing)) return std::nullopt;
    return MoveWish{record.key, preferred, MoveCause::kPreferred};
  }

 private:
  StandingOf standing_of(const PartitionKey& key) const {
    return [this, key](BrokerId id) { return input_.standing(key, id); };
  }
  static bool may_take_over(const PartitionRecord& record, BrokerId id, const StandingOf& standing) {
    return contains(record.isr, id) && standing(id).electable;
  }

  const PlanInput& input_;
};

}  // namespace

std::vector<MoveWish> plan_moves(const PlanInput& input) {
  const Planner planner(input);
  std::vector<MoveWish> wishes;
  for (const auto& [key, entry] : input.pages.entries()) {
    if (wishes.size() >= input.config.at_once) return wishes;
    if (entry.record.leader == BrokerId()) continue;
    if (auto wish = planner.ordered(entry.record)) wishes.push_back(*wish);
  }
  if (!input.config.automatic) return wishes;
  const std::map<BrokerId, Tally> tallies = tally_of(input.pages);
  for (const auto& [key, entry] : input.pages.entries()) {
    if (wishes.size() >= input.config.at_once) break;
    if (entry.record.leader == BrokerId() || entry.record.leader == entry.record.replicas.front()) continue;
    if (auto wish = planner.balanced(entry.record, tallies)) wishes.push_back(*wish);
  }
  return wishes;
}

}  // namespace baton::decision
