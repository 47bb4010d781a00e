#include "controller/decision/leader_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/mutants.h"
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

using Slot = PageTable::Slot;

// Records are made of the few alone that a slot can not say.
std::map<BrokerId, Tally> tally_of(const PageTable& pages) {
  std::vector<Tally> by_number(pages.brokers());
  std::map<BrokerId, Tally> tallies;
  pages.each([&](const PartitionKey& key, const Slot& slot) {
    if (!pages.beside(key)) {
      if (slot.count == 0) return;
      Tally& preferred = by_number[slot.replicas[0]];
      ++preferred.preferred;
      preferred.elsewhere += slot.leader != 1;
      for (size_t i = 0; i < slot.count; ++i) by_number[slot.replicas[i]].out_of_sync += (slot.isr >> i & 1u) == 0;
      return;
    }
    const PartitionRecord record = pages.record(key, slot);
    Tally& preferred = tallies[record.replicas.front()];
    ++preferred.preferred;
    preferred.elsewhere += record.leader != record.replicas.front();
    for (BrokerId id : record.replicas) tallies[id].out_of_sync += !contains(record.isr, id) && !contains(record.adding, id);
  });
  for (const auto& [id, partitions] : pages.assigned()) {
    const Tally& counted = by_number[*pages.number_of(id)];
    Tally& tally = tallies[id];
    tally.preferred += counted.preferred;
    tally.elsewhere += counted.elsewhere;
    tally.out_of_sync += counted.out_of_sync;
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
    if (!leader.avoided || BATON_MUTANT(avoided_keeps_its_leaders)) return std::nullopt;
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
    if (!input_.gate.open(preferred, input_.now)) return std::nullopt;  // whether it was away or out of balance: it may go again
    const bool returned = tally.out_of_sync == 0;
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
    for (BrokerId id : BATON_MUTANT(load_moved_outside_isr) ? record.replicas : record.isr) {
      auto tally = tallies.find(id);
      const bool steady = tally != tallies.end() && tally->second.out_of_sync == 0 && input_.gate.open(id, input_.now);
      const bool able = (steady && may_take_over(record, id, standing)) || (BATON_MUTANT(load_moved_outside_isr) && standing(id).electable);
      if (id != record.leader && able && !standing(id).avoided) loaded.heirs.push_back(id);
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
  input.pages.each([&](const PartitionKey& key, const Slot& slot) {
    if (auto at = loads.find(input.pages.leader(key, slot)); at != loads.end()) at->second += input.load(key);
  });
  return loads;
}

// Of whose leaderships some might have to go whatever the partition, by the table's numbers; empty: of nobody's.
std::vector<bool> avoided_leaders(const PlanInput& input) {
  std::vector<bool> avoided(input.pages.brokers());
  bool any = false;
  for (const auto& [id, roles] : input.pages.roles()) {
    const bool is = input.standing({}, id).avoided;
    avoided[*input.pages.number_of(id)] = is;
    any |= is;
  }
  return any ? avoided : std::vector<bool>();
}

// Where no order stands and nobody is to be avoided, which is nearly always, only those are looked at whose replicas may be moving.
void add_ordered(const PlanInput& input, const Planner& planner, std::vector<MoveWish>& wishes) {
  const Orders& orders = input.orders;
  const std::vector<bool> avoided = avoided_leaders(input);
  auto concerned = [&](const PartitionKey& key, const Slot& slot) {
    if (input.pages.beside(key)) return true;
    if (slot.leader == 0) return false;
    if (!avoided.empty() && avoided[slot.replicas[slot.leader - 1u]]) return true;
    return (!orders.holds.empty() && orders.holds.contains(key)) || (!orders.bars.empty() && orders.bars.contains(key));
  };
  auto look = [&](const PartitionKey& key, const Slot& slot) {
    if (wishes.size() >= input.config.at_once) return false;
    if (!concerned(key, slot)) return true;
    const PartitionRecord record = input.pages.record(key, slot);
    if (record.leader == BrokerId()) return true;
    if (auto wish = planner.ordered(record)) wishes.push_back(*wish);
    return true;
  };
  if (avoided.empty() && orders.holds.empty() && orders.bars.empty()) return input.pages.each_beside(look);
  input.pages.each_from({}, look);
}

void add_balanced(const PlanInput& input, const Planner& planner, const std::map<BrokerId, Tally>& tallies,
                  std::optional<LoadBalance>& by_load, std::vector<MoveWish>& wishes) {
  input.pages.each_from({}, [&](const PartitionKey& key, const Slot& slot) {
    if (wishes.size() >= input.config.at_once) return false;
    if (slot.leader < 2 && !input.pages.beside(key)) return true;
    const PartitionRecord record = input.pages.record(key, slot);
    if (record.leader == BrokerId() || record.leader == record.replicas.front()) return true;
    auto wish = planner.balanced(record, tallies);
    if (wish && by_load && !by_load->give_back(wish->to, record.leader, input.load(key))) wish.reset();
    if (wish) wishes.push_back(*wish);
    return true;
  });
}

}  // namespace

std::vector<MoveWish> plan_moves(const PlanInput& input) {
  const Planner planner(input);
  std::vector<MoveWish> wishes;
  add_ordered(input, planner, wishes);
  if (!input.config.automatic || wishes.size() >= input.config.at_once) return wishes;
  const bool spread = input.config.by_load && input.periodic;
  if (input.pages.led_by_another() == 0 && !spread) return wishes;
  const std::map<BrokerId, Tally> tallies = tally_of(input.pages);
  std::optional<LoadBalance> by_load;
  if (input.config.by_load) by_load.emplace(loads_of(input), input.config.imbalance_percent);
  add_balanced(input, planner, tallies, by_load, wishes);
  if (!spread) return wishes;
  std::set<PartitionKey> taken;
  for (const MoveWish& wish : wishes) taken.insert(wish.key);
  std::vector<LoadedPartition> partitions;
  input.pages.each([&](const PartitionKey& key, const Slot& slot) {
    if (input.load(key) <= 0 || taken.contains(key) || input.pages.leader(key, slot) == BrokerId()) return;
    if (auto loaded = planner.loaded(input.pages.record(key, slot), tallies)) partitions.push_back(std::move(*loaded));
  });
  for (const LoadBalance::Move& move : by_load->spread(std::move(partitions), input.config.at_once - wishes.size())) {
    wishes.push_back({move.key, move.to, MoveCause::kLoad});
  }
  return wishes;
}

}  // namespace baton::decision
