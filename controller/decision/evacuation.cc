#include "controller/decision/evacuation.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "controller/decision/policy_reassignment.h"

namespace baton::decision {
namespace {

class Evacuator {
 public:
  explicit Evacuator(const EvacuationInput& input) : input_(input) {
    for (const PlacementBroker& broker : input.others) racks_[broker.id] = broker.rack;
    for (const auto& [key, entry] : input.pages.entries()) {
      for (BrokerId id : entry.record.replicas) ++held_[id];
    }
  }

  // None: there is nobody to take over.
  std::vector<BrokerId> target_for(const PartitionRecord& record) {
    std::vector<BrokerId> target = target_of(record);
    for (BrokerId& id : target) {
      if (!input_.leaving.contains(id)) continue;
      const PlacementBroker* heir = heir_for(target, id);
      if (heir == nullptr) return {};
      ++held_[heir->id];
      id = heir->id;
    }
    return target;
  }

 private:
  const PlacementBroker* heir_for(const std::vector<BrokerId>& target, BrokerId leaving) {
    std::set<std::string> racks;
    for (BrokerId id : target) {
      if (id != leaving && racks_.contains(id)) racks.insert(racks_.at(id));
    }
    const PlacementBroker* best = nullptr;
    using Cost = std::tuple<bool, int32_t, BrokerId>;
    Cost best_cost;
    for (const PlacementBroker& broker : input_.others) {
      if (std::find(target.begin(), target.end(), broker.id) != target.end()) continue;
      const Cost cost{!broker.rack.empty() && racks.contains(broker.rack), held_[broker.id], broker.id};
      if (best != nullptr && cost >= best_cost) continue;
      best = &broker;
      best_cost = cost;
    }
    return best;
  }

  const EvacuationInput& input_;
  std::map<BrokerId, std::string> racks_;
  std::map<BrokerId, int32_t> held_;
};

}  // namespace

std::vector<Evacuation> plan_evacuation(const EvacuationInput& input) {
  std::vector<Evacuation> plan;
  if (input.leaving.empty() || input.limit == 0) return plan;
  Evacuator evacuator(input);
  for (const auto& [key, entry] : input.pages.entries()) {
    if (plan.size() >= input.limit) break;
    const PartitionRecord& record = entry.record;
    const bool concerned =
        std::any_of(record.replicas.begin(), record.replicas.end(), [&](BrokerId id) { return input.leaving.contains(id); });
    if (!concerned || being_reassigned(record)) continue;
    std::vector<BrokerId> target = evacuator.target_for(record);
    if (!target.empty()) plan.push_back({key, std::move(target)});
  }
  return plan;
}

}  // namespace baton::decision
