// More partitions for a topic that is there (R10): what may be asked, and what has to be placed then. Pure.
#pragma once

#include "controller/decision/events.h"

namespace baton::decision {

// The new partitions as if they were a topic's: to be placed, or with the assignments given. `replication_factor` is that of the
// topic's first partition. INVALID_PARTITIONS where the count does not grow, INVALID_REPLICA_ASSIGNMENT where the assignments are
// not one for each new partition, with as many replicas as the topic has.
Result<NewTopic> growth_of(const TopicRecord& topic, int32_t replication_factor, const GrownTopic& wanted);

}  // namespace baton::decision
