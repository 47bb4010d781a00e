#include "controller/decision/policy_clean.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::decision {

std::vector<BrokerId> in_order_of_choice(const PartitionRecord& record, const std::vector<BrokerId>& among, const StandingOf& standing) {
  std::vector<BrokerId> order;
  for (BrokerId id : record.replicas) {
    if (contains(among, id)) order.push_back(id);
  }
  std::stable_partition(order.begin(), order.end(), [&](BrokerId id) {
    return (!standing(id).avoided || BATON_MUTANT(avoided_as_any_other)) && !contains(record.removing, id);
  });
  return order;
}

std::optional<BrokerId> clean_leader(const PartitionRecord& record, const StandingOf& standing) {
  for (BrokerId id : in_order_of_choice(record, record.isr, standing)) {
    if (standing(id).electable) return id;
  }
  return std::nullopt;
}

}  // namespace baton::decision
