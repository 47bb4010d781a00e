#include "controller/decision/topic_growth.h"

#include <fmt/format.h>

namespace baton::decision {

Result<NewTopic> growth_of(const TopicRecord& topic, int32_t replication_factor, const GrownTopic& wanted) {
  const int32_t added = wanted.partitions - topic.partitions;
  if (added <= 0) {
    return fail(ErrorCode::kInvalidPartitions,
                fmt::format("Topic '{}' has {} partitions; {} would not be more.", topic.name, topic.partitions, wanted.partitions));
  }
  if (!wanted.assignments.empty()) {
    if (static_cast<int32_t>(wanted.assignments.size()) != added) {
      return fail(ErrorCode::kInvalidReplicaAssignment,
                  fmt::format("{} partitions are new, but {} are assigned.", added, wanted.assignments.size()));
    }
    for (const auto& replicas : wanted.assignments) {
      if (static_cast<int32_t>(replicas.size()) == replication_factor) continue;
      return fail(ErrorCode::kInvalidReplicaAssignment, fmt::format("Topic '{}' has {} replicas a partition, an assignment has {}.",
                                                                    topic.name, replication_factor, replicas.size()));
    }
  }
  return NewTopic{topic.name, added, replication_factor, {}, wanted.assignments};
}

}  // namespace baton::decision
