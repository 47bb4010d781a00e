// Where replicas' logs live on disk, and what is remembered about each beside its log: high watermark, cleanliness.
//
// Threading: any shard's thread. What shards share (the directory's own files) is behind one mutex, which is never taken on
// the data path; logs are opened outside of it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/shards/partition_access.h"
#include "partitions/log/data_directory.h"
#include "partitions/log/log.h"

namespace baton {

struct StoredReplica {
  TopicPartition partition;
  std::string topic;
};

struct OpenedLog {
  std::unique_ptr<Log> log;
  int64_t high_watermark = 0;  // as last checkpointed
  bool dirty = false;
};

// What is checkpointed of a log, so that a later life begins with it.
struct LogOffsets {
  int64_t high_watermark = 0;
  int64_t start = 0;
  int64_t recovery_point = 0;
  friend bool operator==(const LogOffsets&, const LogOffsets&) = default;
};

class ReplicaStore {
 public:
  // Reads the checkpoints. `directory` and `files` outlive the store.
  static Result<std::unique_ptr<ReplicaStore>> open(DataDirectory& directory, FileSystem& files, const Clock& clock, Durability durability);

  // This broker is registered in that cluster: the directory belongs to it from now on.
  Status join_cluster(const std::string& cluster_id);
  // What the directory held when it was opened.
  std::vector<StoredReplica> stored() const;
  // Opens the replica's log and recovers it, or creates it where there is none. A damaged log is recorded as dirty before
  // it is cut (R9).
  // R9: a log that is created although the image does not have us in the ISR lacks what an earlier one held, so it is recorded as
  // dirty before it is there: else the next start would take it for a clean one. Where the image has us in the ISR the partition
  // is as new as the log, for what a former life was in has been removed before we get a role.
  Result<OpenedLog> open(const TopicPartition& partition, const std::string& topic, const LogConfig& config, bool in_isr);
  // R9: no longer dirty, as a confirmed entry into the ISR says.
  void note_clean(const TopicPartition& partition);
  void checkpoint(const std::map<TopicPartition, LogOffsets>& changed);
  // The log has been given up: its topic was deleted (its bytes go), or the cluster does not know it (they stay, aside).
  void remove(const TopicPartition& partition, std::unique_ptr<Log> log);
  void set_aside(const TopicPartition& partition, std::unique_ptr<Log> log);
  // Deletes what was set aside.
  void remove_aside();

 private:
  ReplicaStore(DataDirectory& directory, FileSystem& files, const Clock& clock, Durability durability)
      : directory_(directory), files_(files), clock_(clock), durability_(durability) {}
  Result<std::unique_ptr<Log>> open_log(const std::string& path, const ReplicaKey& key, const LogConfig& config, RecoveryInfo info);
  // Under the mutex.
  void give_up(const TopicPartition& partition);

  DataDirectory& directory_;
  FileSystem& files_;
  const Clock& clock_;
  Durability durability_;
  std::mutex mutex_;  // guards the directory and what follows
  OffsetCheckpoint high_watermarks_;
  OffsetCheckpoint start_offsets_;
  OffsetCheckpoint recovery_points_;
  std::map<TopicPartition, PartitionName> names_;  // of open logs
};

}  // namespace baton
