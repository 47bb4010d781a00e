// The shell around one coordinator: a partition of __consumer_offsets that this broker leads. Reads the partition into the
// core, turns the core's decisions into appends and answers, and wakes it when its time comes.
//
// What must be read before the first answer: everything up to where the log ended when this leadership began. The high
// watermark that a new leader starts with may lie below that, and a commit in between was acknowledged by its
// predecessor; so loading begins only once the high watermark has reached this leadership's start. It reads from where the log
// starts: whatever cut it, a group that has lost something is better than one that waits for it for ever.
//
// Threading: on the thread of the partition's shard, all of it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>

#include "base/network/reactor.h"
#include "base/random.h"
#include "broker/groups/coordinator.h"
#include "broker/shards/partition_access.h"

namespace baton::groups {

struct HostConfig {
  Config groups;
  Duration commit_timeout = std::chrono::seconds(5);
  Duration expiry_interval = std::chrono::minutes(10);
};

// Where the log starts, and the high watermark.
struct CommittedRange {
  int64_t start = 0;
  int64_t end = 0;
};
// That of a partition that this broker leads, asked on its shard's thread; OFFSET_NOT_AVAILABLE while the high watermark is
// below this leadership's start, NOT_LEADER_OR_FOLLOWER when there is none.
using Committed = std::function<Result<CommittedRange>(const TopicPartition&)>;

class GroupHost : public std::enable_shared_from_this<GroupHost> {
 public:
  struct Context {
    const HostConfig& config;
    PartitionAccess& partitions;
    const Committed& committed;
    const Clock& clock;
    Random& random;
    network::Reactor& reactor;
  };
  using Answer = Function<void(decltype(Reply::body))>;

  GroupHost(Context context, TopicPartition partition);

  // Begins to load; until that is done requests are answered COORDINATOR_LOAD_IN_PROGRESS.
  void start();
  // This broker no longer leads: all that wait are answered NOT_COORDINATOR. Nothing may be asked afterwards.
  void stop();

  Coordinator& coordinator() { return coordinator_; }
  Now now() const { return {context_.clock.now(), context_.clock.wall_ms()}; }
  // A ticket whose reply calls `answer`, once.
  Ticket expect(Answer answer);
  void carry_out(Decisions decisions);
  // They are deleted, and with them what was committed for them; while it loads this waits until it has.
  void forget_topics(const std::vector<std::string>& topics);
  const TopicPartition& partition() const { return partition_; }

 private:
  void find_range();
  void read_on();
  void take(const CommittedRecords& records);
  void finish_loading();
  void load_again_later(const Error& why);
  void append(const Append& append);
  void arm();
  void expire_later();

  Context context_;
  TopicPartition partition_;
  Coordinator coordinator_;
  std::map<Ticket, Answer> answers_;
  Ticket last_ticket_ = 0;
  bool stopped_ = false;
  // Loading: what is to be read, and how far it has been.
  int64_t end_offset_ = 0;
  int64_t next_offset_ = 0;
  int64_t records_ = 0;
  std::vector<std::string> gone_meanwhile_;
  Instant loading_since_;
  Instant say_again_at_;
  network::Timer wake_;
  network::Timer expiry_;
};

}  // namespace baton::groups
