// DescribeLogDirs: the replicas of a broker with their sizes, and how far followers lag. Null topics: all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kDescribeLogDirs{.key = 35, .name = "DescribeLogDirs", .oldest = 1, .newest = 4, .flexible = 2};

struct DescribeLogDirsRequest {
  static constexpr const Api& api = kDescribeLogDirs;

  struct Topic {
    std::string topic;
    std::vector<PartitionIndex> partitions;

    static constexpr auto fields = table(field("Topic", &Topic::topic), field("Partitions", &Topic::partitions));
  };

  std::optional<std::vector<Topic>> topics;

  static constexpr auto fields = table(field("Topics", &DescribeLogDirsRequest::topics, {.nullable = 0}));
};

struct DescribeLogDirsResponse {
  static constexpr const Api& api = kDescribeLogDirs;

  struct Partition {
    PartitionIndex partition_index;
    int64_t partition_size = 0;  // bytes
    int64_t offset_lag = 0;      // records that the leader's high watermark is ahead
    bool is_future_key = false;  // it is being copied to another directory of the same broker

    static constexpr auto fields =
        table(field("PartitionIndex", &Partition::partition_index), field("PartitionSize", &Partition::partition_size),
              field("OffsetLag", &Partition::offset_lag), field("IsFutureKey", &Partition::is_future_key));
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;

    static constexpr auto fields = table(field("Name", &Topic::name), field("Partitions", &Topic::partitions));
  };

  struct Directory {
    ErrorCode error_code = ErrorCode::kNone;
    std::string log_dir;
    std::vector<Topic> topics;
    int64_t total_bytes = -1;  // of the volume; -1: unknown
    int64_t usable_bytes = -1;

    static constexpr auto fields =
        table(field("ErrorCode", &Directory::error_code), field("LogDir", &Directory::log_dir), field("Topics", &Directory::topics),
              field("TotalBytes", &Directory::total_bytes, {.since = 4, .ignorable = true}),
              field("UsableBytes", &Directory::usable_bytes, {.since = 4, .ignorable = true}));
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<Directory> results;

  static constexpr auto fields = table(field("ThrottleTimeMs", &DescribeLogDirsResponse::throttle_time_ms),
                                       field("ErrorCode", &DescribeLogDirsResponse::error_code, {.since = 3, .ignorable = true}),
                                       field("Results", &DescribeLogDirsResponse::results));
};

}  // namespace baton::protocol
