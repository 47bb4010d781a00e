// All shards, each with its reactor and its thread, and the way from one to another. The manager's events are handed to
// every shard in the order in which they came, so that a shard never sees a role before the image that it belongs to.
//
// Threading: built, started and stopped by the owner; the rest as said in partition_access.h, or from any thread.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "broker/shards/partition_access.h"
#include "broker/shards/shard.h"
#include "broker/shards/topic_names_taken.h"

namespace baton::control {
class Yield;
}  // namespace baton::control

namespace baton {

class ShardSet final : public PartitionAccess {
 public:
  // What `context` refers to outlives the set.
  explicit ShardSet(const ShardContext& context);
  ~ShardSet() override;

  // Opens the logs that are there and starts the threads.
  Status start();
  // Ends the threads; what is queued is dropped.
  void stop();

  size_t size() const { return shards_.size(); }
  Shard& at(size_t number) { return *shards_[number]; }
  // The calling thread's. REQUIRES: a reactor's thread of this set.
  Shard& here();
  Shard& owner(const TopicPartition& partition) { return at(static_cast<size_t>(shard_of(partition))); }
  std::vector<network::Reactor*> reactors();

  int shard_of(const TopicPartition& partition) const override;
  void run_on(int shard, Task task) override;
  void append(const TopicPartition& partition, std::string batches, Duration timeout, Function<void(Result<Appended>)> done) override;
  void read(const TopicPartition& partition, int64_t offset, size_t bytes_max, Function<void(Result<CommittedRecords>)> done) override;

  // Before start().
  void add_listener(LeadershipListener& listener);

  // From the manager.
  void publish(const ImagePtr& image);
  // A shard waits for the others in between only where a topic has the name of a former one.
  void apply(const control::Roles& roles);
  void registered(BrokerEpoch epoch);
  // Stops every role on every shard; `stopped` is called on the last shard's thread.
  void stop_roles(Task stopped);
  // R4.2: gives the word for every leadership of this broker.
  void yield_roles();
  void yield(const control::Yield& wanted);
  // Runs `task` with each shard on its own thread, one shard after the other, so that the task may gather what it finds in
  // one place. Returns when all are through. REQUIRES: not a reactor's thread.
  void on_each_and_wait(const std::function<void(Shard&)>& task);

 private:
  std::shared_ptr<Meeting> meeting_for(const control::Roles& roles);

  TopicNamesTaken names_;
  std::mutex meetings_mutex_;
  std::vector<std::weak_ptr<Meeting>> meetings_;
  bool stopping_ = false;  // with the meetings
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
};

}  // namespace baton
