#include "controller/decision/policy_load.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::decision {

LoadBalance::LoadBalance(std::map<BrokerId, int64_t> loads, int32_t threshold_percent)
    : loads_(std::move(loads)), threshold_percent_(threshold_percent) {
  double sum = 0;
  for (const auto& [id, load] : loads_) sum += static_cast<double>(load);
  if (!loads_.empty()) mean_ = sum / static_cast<double>(loads_.size());
}

bool LoadBalance::above(int64_t load, int32_t percent) const {
  return static_cast<double>(load) > mean_ * (100 + percent) / 100;
}

void LoadBalance::shift(BrokerId from, BrokerId to, int64_t load) {
  if (auto at = loads_.find(from); at != loads_.end()) at->second -= load;
  if (auto at = loads_.find(to); at != loads_.end()) at->second += load;
}

std::vector<LoadBalance::Move> LoadBalance::spread(std::vector<LoadedPartition> partitions, size_t limit) {
  std::erase_if(partitions, [](const LoadedPartition& each) { return each.load <= 0; });
  std::stable_sort(partitions.begin(), partitions.end(), [](const auto& a, const auto& b) { return a.load > b.load; });
  std::vector<Move> moves;
  for (const LoadedPartition& each : partitions) {
    if (moves.size() >= limit) break;
    const auto from = loads_.find(each.leader);
    if (from == loads_.end() || !above(from->second, threshold_percent_)) continue;
    const std::pair<const BrokerId, int64_t>* best = nullptr;
    for (BrokerId heir : each.heirs) {
      auto to = loads_.find(heir);
      if (to != loads_.end() && (best == nullptr || to->second < best->second)) best = &*to;
    }
    if (best == nullptr || (best->second + each.load > from->second - each.load && !BATON_MUTANT(load_moved_to_and_fro))) continue;
    moves.push_back({each.key, best->first});
    shift(each.leader, best->first, each.load);
  }
  return moves;
}

bool LoadBalance::give_back(BrokerId preferred, BrokerId from, int64_t load) {
  auto to = loads_.find(preferred);
  if (to == loads_.end()) return false;
  if (load > 0 && above(to->second + load, threshold_percent_ / 2)) return false;
  shift(from, preferred, load);
  return true;
}

}  // namespace baton::decision
