// The directory of one broker's logs: whose it is, who holds it, and which of its replicas may be trusted after a restart
// (protocol rule R9, clean or dirty).
//
//   .lock                        flock; one process at a time
//   meta.properties              cluster id, broker id, the directory's own uuid
//   marker                       boot id and file-system identity of the last process that settled here
//   dirty-replicas               topic id and partition of each replica that may have lost what it acknowledged
//   high-watermark-checkpoint, log-start-offset-checkpoint, recovery-point-checkpoint
//   closed-in-order              there only between an orderly stop and the next start
//   <topic>-<partition>/         one log each, with partition.metadata naming the topic's id
//   .<uuid>-stale/               logs of topics that are gone or were created anew, for the operator or the cleaner
//
// kill -9 loses nothing that was written: with the same boot id and file system the page cache survived, and replicas stay as
// they were. Anything else makes every replica here dirty: barred from leading and from the ISR until caught up.
// Used by one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/uuid.h"

namespace baton {

struct PartitionName {
  std::string topic;
  PartitionIndex partition;
  friend auto operator<=>(const PartitionName&, const PartitionName&) = default;
};

// A replica for the dirty list: by topic id, so that a topic created anew is another one.
using ReplicaKey = std::pair<TopicId, PartitionIndex>;
// Offsets by partition: high watermarks, log starts, recovery points.
using OffsetCheckpoint = std::map<PartitionName, int64_t>;

// [a-zA-Z0-9._-]{1,249}, and neither "." nor "..": a name that is safe as a directory's.
bool valid_topic_name(std::string_view topic);

class DataDirectory {
 public:
  struct Identity {
    std::string cluster_id;  // empty: whatever the directory says
    BrokerId broker_id;
  };
  // One log that was found.
  struct Found {
    PartitionName name;
    TopicId topic_id;
    std::string path;
  };

  // Takes the lock and checks whose directory it is, creating what is missing. `boot_id` is the content of
  // /proc/sys/kernel/random/boot_id, empty if unknown. Nothing about trust changes yet: see settle().
  // Errors: DUPLICATE_BROKER_REGISTRATION (another process holds it), INCONSISTENT_CLUSTER_ID, INVALID_CONFIG (another
  // broker's), KAFKA_STORAGE_ERROR.
  static Result<std::unique_ptr<DataDirectory>> open(FileSystem& files, std::string path, const Identity& identity, std::string boot_id,
                                                     Random& random);

  const std::string& path() const { return path_; }
  const Uuid& uuid() const { return uuid_; }
  // The cluster that the directory was used in; empty: in none yet.
  const std::string& cluster_id() const { return cluster_id_; }
  // Once the cluster is known, before anything of it is stored here: from now on the directory is of no use to another cluster.
  // INCONSISTENT_CLUSTER_ID where it already belongs to another one.
  Status join_cluster(const std::string& cluster_id);
  uint64_t lock_inode() const { return lock_->inode(); }
  // The file system is local: part of what a broker may claim at registration (R1).
  bool is_local() const { return identity_.local; }

  // The partitions whose logs are here. Directories that are no partition's are left alone.
  const std::vector<Found>& found() const { return found_; }
  // Why every replica is taken for dirty at this start; empty if the page cache is known to have survived.
  const std::string& distrust() const { return distrust_; }
  // The former process stopped in order, here and on this boot: Log::open() may skip its checks.
  bool closed_in_order() const { return closed_in_order_; }

  // Marks replicas dirty and syncs that; mark_dirty() also for a log that is missing, damaged, or ends below its checkpointed
  // high watermark. Only after this has returned may a replica's log be cut, or anything be said about it.
  Status mark_dirty(const std::vector<ReplicaKey>& replicas);
  bool is_dirty(const ReplicaKey& replica) const { return dirty_.contains(replica); }
  const std::set<ReplicaKey>& dirty() const { return dirty_; }
  // A confirmed entry into the ISR, or election, and nothing else clears it.
  Status clear_dirty(const ReplicaKey& replica);

  // Ends the start: when every log has been looked at and every dirty one marked, the marker is written anew. Before this, a
  // second start distrusts again; after it, the dirty list alone remembers. REQUIRES: dirtiness of all of found() is settled;
  // where distrust() is not empty this marks them itself.
  Status settle();

  // The log's directory for a partition, created with its partition.metadata if missing. A directory of another topic id is
  // set aside, never cut down to the new topic. A name lost with the power makes the log stale, so under the flush policy
  // `commit` ask for kMachineCrash; it costs three syncs.
  Result<std::string> create_partition(const PartitionName& name, const TopicId& topic_id,
                                       Durability durability = Durability::kProcessCrash);
  // Sets the directory aside under a stale name; remove_stale() deletes what was set aside.
  Status set_aside(const PartitionName& name);
  Status remove_stale();

  Result<OffsetCheckpoint> load_high_watermarks() { return load_checkpoint("high-watermark-checkpoint"); }
  Status save_high_watermarks(const OffsetCheckpoint& offsets) { return save_checkpoint("high-watermark-checkpoint", offsets); }
  Result<OffsetCheckpoint> load_start_offsets() { return load_checkpoint("log-start-offset-checkpoint"); }
  Status save_start_offsets(const OffsetCheckpoint& offsets) { return save_checkpoint("log-start-offset-checkpoint", offsets); }
  Result<OffsetCheckpoint> load_recovery_points() { return load_checkpoint("recovery-point-checkpoint"); }
  Status save_recovery_points(const OffsetCheckpoint& offsets) { return save_checkpoint("recovery-point-checkpoint", offsets); }

  // After every log has been closed.
  Status note_closed_in_order();

 private:
  DataDirectory(FileSystem& files, std::string path, std::string boot_id, Random& random)
      : files_(files), path_(std::move(path)), boot_id_(std::move(boot_id)), random_(random) {}
  Status check_meta(const Identity& identity);
  Status write_meta();
  Status judge();
  Status scan();
  Status load_dirty();
  Status save_dirty();
  std::string marker_text() const;
  Result<OffsetCheckpoint> load_checkpoint(std::string_view name);
  Status save_checkpoint(std::string_view name, const OffsetCheckpoint& offsets);
  std::string at(std::string_view name) const { return join_path(path_, name); }

  FileSystem& files_;
  std::string path_;
  std::string boot_id_;
  Random& random_;
  std::unique_ptr<FileLock> lock_;
  FileSystemIdentity identity_;
  Uuid uuid_;
  std::string cluster_id_;
  BrokerId broker_id_;
  std::vector<Found> found_;
  std::set<ReplicaKey> dirty_;
  std::string distrust_;
  bool closed_in_order_ = false;
};

}  // namespace baton
