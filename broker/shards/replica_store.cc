#include "broker/shards/replica_store.h"

#include "base/logging.h"

namespace baton {
namespace {

int64_t offset_of(const OffsetCheckpoint& checkpoint, const PartitionName& name) {
  auto found = checkpoint.find(name);
  return found == checkpoint.end() ? 0 : found->second;
}

ReplicaKey key_of(const TopicPartition& partition) {
  return {partition.topic, partition.index};
}

}  // namespace

Result<std::unique_ptr<ReplicaStore>> ReplicaStore::open(DataDirectory& directory, FileSystem& files, const Clock& clock,
                                                         Durability durability) {
  std::unique_ptr<ReplicaStore> store(new ReplicaStore(directory, files, clock, durability));
  auto high_watermarks = directory.load_high_watermarks();
  if (!high_watermarks) return tl::unexpected(high_watermarks.error());
  auto start_offsets = directory.load_start_offsets();
  if (!start_offsets) return tl::unexpected(start_offsets.error());
  auto recovery_points = directory.load_recovery_points();
  if (!recovery_points) return tl::unexpected(recovery_points.error());
  store->high_watermarks_ = std::move(*high_watermarks);
  store->start_offsets_ = std::move(*start_offsets);
  store->recovery_points_ = std::move(*recovery_points);
  return store;
}

Status ReplicaStore::join_cluster(const std::string& cluster_id) {
  std::lock_guard lock(mutex_);
  return directory_.join_cluster(cluster_id);
}

std::vector<StoredReplica> ReplicaStore::stored() const {
  std::vector<StoredReplica> all;
  for (auto& found : directory_.found()) all.push_back({{found.topic_id, found.name.partition}, found.name.topic});
  return all;
}

Result<OpenedLog> ReplicaStore::open(const TopicPartition& partition, const std::string& topic, const LogConfig& config, bool in_isr) {
  PartitionName name{topic, partition.index};
  OpenedLog opened;
  RecoveryInfo info;
  std::string path;
  {
    std::lock_guard lock(mutex_);
    bool known = false;
    for (auto& found : directory_.found()) known = known || (found.topic_id == partition.topic && found.name == name);
    if (!known && !in_isr) {
      if (auto marked = directory_.mark_dirty({key_of(partition)}); !marked) return tl::unexpected(marked.error());
    }
    auto created = directory_.create_partition(name, partition.topic, durability_);
    if (!created) return tl::unexpected(created.error());
    path = *created;
    names_[partition] = name;
    opened.dirty = directory_.is_dirty(key_of(partition)) || (known && !directory_.distrust().empty());
    if (known) {
      opened.high_watermark = offset_of(high_watermarks_, name);
      info.start_offset = offset_of(start_offsets_, name);
      info.recovery_point = offset_of(recovery_points_, name);
      info.closed_in_order = directory_.closed_in_order();
    } else {
      // Another topic's by the same name, or an earlier life's.
      high_watermarks_.erase(name);
      start_offsets_.erase(name);
      recovery_points_.erase(name);
    }
  }
  info.now_ms = clock_.wall_ms();
  info.may_cut_damage = opened.dirty;
  auto log = open_log(path, key_of(partition), config, info);
  if (!log) return tl::unexpected(log.error());
  opened.log = std::move(*log);
  std::lock_guard lock(mutex_);
  if (opened.log->end_offset() < opened.high_watermark && !directory_.is_dirty(key_of(partition))) {
    log::warn("{}-{} ends at {}, below its high watermark {}: it has lost records", topic, partition.index.value(),
              opened.log->end_offset(), opened.high_watermark);
    if (auto marked = directory_.mark_dirty({key_of(partition)}); !marked) return tl::unexpected(marked.error());
  }
  opened.dirty = opened.dirty || directory_.is_dirty(key_of(partition));
  return opened;
}

Result<std::unique_ptr<Log>> ReplicaStore::open_log(const std::string& path, const ReplicaKey& key, const LogConfig& config,
                                                    RecoveryInfo info) {
  auto log = Log::open(files_, path, config, info);
  if (log || log.error().code != ErrorCode::kCorruptMessage || info.may_cut_damage) return log;
  log::warn("{}: {}; it is dirty from now on, and cut at the damage", path, log.error().message);
  {
    std::lock_guard lock(mutex_);
    if (auto marked = directory_.mark_dirty({key}); !marked) return tl::unexpected(marked.error());
  }
  info.may_cut_damage = true;
  return Log::open(files_, path, config, info);
}

void ReplicaStore::note_clean(const TopicPartition& partition) {
  std::lock_guard lock(mutex_);
  if (auto cleared = directory_.clear_dirty(key_of(partition)); !cleared) log::warn("{}", cleared.error().message);
}

void ReplicaStore::checkpoint(const std::map<TopicPartition, LogOffsets>& changed) {
  std::lock_guard lock(mutex_);
  for (auto& [partition, offsets] : changed) {
    auto name = names_.find(partition);
    if (name == names_.end()) continue;
    high_watermarks_[name->second] = offsets.high_watermark;
    start_offsets_[name->second] = offsets.start;
    recovery_points_[name->second] = offsets.recovery_point;
  }
  for (const Status& saved : {directory_.save_high_watermarks(high_watermarks_), directory_.save_start_offsets(start_offsets_),
                              directory_.save_recovery_points(recovery_points_)}) {
    if (!saved) log::warn("{}", saved.error().message);
  }
}

void ReplicaStore::give_up(const TopicPartition& partition) {
  auto name = names_.find(partition);
  if (name == names_.end()) return;
  if (auto aside = directory_.set_aside(name->second); !aside) log::warn("{}", aside.error().message);
  high_watermarks_.erase(name->second);
  start_offsets_.erase(name->second);
  recovery_points_.erase(name->second);
  names_.erase(name);
}

void ReplicaStore::remove(const TopicPartition& partition, std::unique_ptr<Log> log) {
  log.reset();
  std::lock_guard lock(mutex_);
  give_up(partition);
  if (auto removed = directory_.remove_stale(); !removed) log::warn("{}", removed.error().message);
}

void ReplicaStore::set_aside(const TopicPartition& partition, std::unique_ptr<Log> log) {
  log.reset();
  std::lock_guard lock(mutex_);
  give_up(partition);
}

void ReplicaStore::remove_aside() {
  std::lock_guard lock(mutex_);
  if (auto removed = directory_.remove_stale(); !removed) log::warn("{}", removed.error().message);
}

}  // namespace baton
