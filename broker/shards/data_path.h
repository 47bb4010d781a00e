// What is asked of a partition's shard on the data path, and what it answers, where the replica's own types do not say it.
#pragma once

#include <cstdint>
#include <string>

#include "base/error_code.h"
#include "broker/shards/partition_access.h"
#include "partitions/replica/replica.h"

namespace baton {

struct ProduceOutcome {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  int64_t base_offset = -1;
  int64_t last_offset = -1;
  int64_t append_time_ms = -1;
  int64_t log_start_offset = -1;
  LeaderEpoch leader_epoch;
  // R5: true only while the lease runs; to be checked again when the answer goes to the kernel, and so is that the broker is
  // still in the life in which it was said: the lease of the next one vouches for nothing that was said before.
  bool needs_lease = false;
  uint64_t life = 0;  // see Shard::life
};

// Who fetches: a follower by its id and the life that it says it is in, or a consumer (no id).
struct Fetcher {
  BrokerId replica;
  BrokerEpoch replica_epoch;
  // Of its answer so far, what goes to it outside the ISR under a throttle: spends the quota when the answer leaves.
  int64_t throttled_bytes = 0;
  bool is_follower() const { return replica.value() >= 0; }
};

struct ReadOutcome : FetchOutcome {
  int64_t throttled_bytes = 0;  // of slice.bytes
};

}  // namespace baton
