// One question to many partitions: each task runs on the shard that owns its partition, shard after shard, then `done` on
// the home reactor. Tasks write to slots of their own; the messages between shards order those writes.
#pragma once

#include <vector>

#include "broker/handlers/handler.h"
#include "broker/shards/shard_set.h"

namespace baton {

struct PartitionTask {
  TopicPartition partition;
  Function<void(Shard&)> run;
};

void gather(Services& services, int home_shard, std::vector<PartitionTask> tasks, Task done);

}  // namespace baton
