#include "controller/decision/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/mutants.h"

namespace baton::decision {
namespace {

class Placer {
 public:
  Placer(const std::vector<PlacementBroker>& brokers, PlacementLoad load) : brokers_(brokers), load_(std::move(load)) {}

  std::vector<BrokerId> next(int32_t replication_factor) {
    std::vector<BrokerId> chosen{least_loaded_leader()};
    std::set<std::string> racks{rack_of(chosen.front())};
    while (static_cast<int32_t>(chosen.size()) < replication_factor) {
      const PlacementBroker& follower = best_follower(chosen, racks);
      if (chosen.size() == 1) ++seconds_[{chosen.front(), follower.id}];
      racks.insert(follower.rack);
      chosen.push_back(follower.id);
    }
    ++load_.leaders[chosen.front()];
    for (BrokerId id : chosen) ++load_.replicas[id];
    return chosen;
  }

 private:
  BrokerId least_loaded_leader() {
    const PlacementBroker* best = &brokers_.front();
    for (const PlacementBroker& broker : brokers_) {
      if (leader_cost(broker.id) < leader_cost(best->id)) best = &broker;
    }
    return best->id;
  }

  std::tuple<int32_t, int32_t, BrokerId> leader_cost(BrokerId id) { return {load_.leaders[id], load_.replicas[id], id}; }

  const PlacementBroker& best_follower(const std::vector<BrokerId>& chosen, const std::set<std::string>& racks) {
    const PlacementBroker* best = nullptr;
    using Cost = std::tuple<bool, int32_t, int32_t, BrokerId>;
    Cost best_cost;
    for (const PlacementBroker& broker : brokers_) {
      if (std::find(chosen.begin(), chosen.end(), broker.id) != chosen.end()) continue;
      const bool same_rack = !broker.rack.empty() && racks.contains(broker.rack) && !BATON_MUTANT(racks_ignored);
      const int32_t second = chosen.size() == 1 ? seconds_[{chosen.front(), broker.id}] : 0;
      const Cost cost{same_rack, second + load_.replicas[broker.id], second, broker.id};
      if (best == nullptr || cost < best_cost) {
        best = &broker;
        best_cost = cost;
      }
    }
    return *best;
  }

  const std::string& rack_of(BrokerId id) const {
    return std::find_if(brokers_.begin(), brokers_.end(), [id](const PlacementBroker& broker) { return broker.id == id; })->rack;
  }

  const std::vector<PlacementBroker>& brokers_;
  PlacementLoad load_;
  std::map<std::pair<BrokerId, BrokerId>, int32_t> seconds_;
};

}  // namespace

Result<std::vector<std::vector<BrokerId>>> place(const std::vector<PlacementBroker>& brokers, int32_t partitions,
                                                 int32_t replication_factor, PlacementLoad load) {
  if (partitions <= 0) return fail(ErrorCode::kInvalidPartitions, "Number of partitions must be larger than 0.");
  if (replication_factor <= 0) return fail(ErrorCode::kInvalidReplicationFactor, "Replication factor must be larger than 0.");
  if (replication_factor > static_cast<int32_t>(brokers.size())) {
    return fail(
        ErrorCode::kInvalidReplicationFactor,
        fmt::format("Replication factor {} is larger than the number of available brokers, {}.", replication_factor, brokers.size()));
  }
  Placer placer(brokers, std::move(load));
  std::vector<std::vector<BrokerId>> assignments;
  assignments.reserve(static_cast<size_t>(partitions));
  for (int32_t i = 0; i < partitions; ++i) assignments.push_back(placer.next(replication_factor));
  return assignments;
}

}  // namespace baton::decision
