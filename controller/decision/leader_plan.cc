#include "controller/decision/leader_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "controller/decision/policy_load.h"
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
    const MoveCause cause = input_.orders.avoids(record.leader) ? MoveCause::kDrain : leader.slow ? MoveCause::kSlow : MoveCause::kStepDown;
    const bool heirs = std::any_of(record.isr.begin(), record.isr.end(), [&](BrokerId id) {
      return id != record.leader && may_take_over(record, id, standing) && !standing(id).avoided;
    });
    return heirs ? std::optional(MoveWish{record.key, BrokerId(), cause}) : std::nullopt;
  }

  std::optional<MoveWish> balanced(const PartitionRecord& record, const std::map<BrokerId, Tally>& tallies) const {
    // By load only what was away goes back, and what is idle.
    if (input_.orders.held_leader(record.key, input_.now)) return std::nullopt;
    const BrokerId preferred = record.replicas.front();
    const Tally& tally = tallies.at(preferred);
    const bool returned = tally.out_of_sync == 0 && input_.gate.open(preferred, input_.now);
    const bool unbalanced =
        input_.periodic && !input_.config.by_load && tally.elsewhere * 100 > tally.preferred * input_.config.imbalance_percent;
    if (!returned && !unbalanced) return std::nullopt;
    const StandingOf standing = standing_of(record.key);
    if (!standing(record.leader).electable || !preferred_target(record, standing) || standing(preferred).avoided) return std::nullopt;
    return MoveWish{record.key, preferred, MoveCause::kPreferred};
  }

  // Where it could be led from as well, for the balance by load.
  std::optional<LoadedPartition> loaded(const PartitionRecord& record, const std::map<BrokerId, Tally>& tallies) const {
    const int64_t load = input_.load(record.key);
    if (load <= 0 || being_reassigned(record) || input_.orders.held_leader(record.key, input_.now)) return std::nullopt;
    const StandingOf standing = standing_of(record.key);
    if (!standing(record.leader).electable) return std::nullopt;
    LoadedPartition loaded{record.key, record.leader, {}, load};
    for (BrokerId id : record.isr) {
      auto tally = tallies.find(id);
      const bool steady = tally != tallies.end() && tally->second.out_of_sync == 0 && input_.gate.open(id, input_.now);
      if (id != record.leader && steady && may_take_over(record, id, standing) && !standing(id).avoided) loaded.heirs.push_back(id);
    }
    return loaded;
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

std::map<BrokerId, int64_t> loads_of(const PlanInput& input) {
  std::map<BrokerId, int64_t> loads;
  for (BrokerId id : input.brokers) loads[id] = 0;
  for (const auto& [key, entry] : input.pages.entries()) {
    if (auto at = loads.find(entry.record.leader); at != loads.end()) at->second += input.load(key);
  }
  return loads;
}

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
  std::optional<LoadBalance> by_load;
  if (input.config.by_load) by_load.emplace(loads_of(input), input.config.imbalance_percent);
  for (const auto& [key, entry] : input.pages.entries()) {
    if (wishes.size() >= input.config.at_once) break;
    if (entry.record.leader == BrokerId() || entry.record.leader == entry.record.replicas.front()) continue;
    auto wish = planner.balanced(entry.record, tallies);
    if (wish && by_load && !by_load->give_back(wish->to, entry.record.leader, input.load(key))) wish.reset();
    if (wish) wishes.push_back(*wish);
  }
  if (!by_load || !input.periodic) return wishes;
  std::set<PartitionKey> taken;
  for (const MoveWish& wish : wishes) taken.insert(wish.key);
  std::vector<LoadedPartition> partitions;
  for (const auto& [key, entry] : input.pages.entries()) {
    if (entry.record.leader == BrokerId() || taken.contains(key)) continue;
    if (auto loaded = planner.loaded(entry.record, tallies)) partitions.push_back(std::move(*loaded));
  }
  for (const LoadBalance::Move& move : by_load->spread(std::move(partitions), input.config.at_once - wishes.size())) {
    wishes.push_back({move.key, move.to, MoveCause::kLoad});
  }
  return wishes;
}

}  // namespace baton::decision
