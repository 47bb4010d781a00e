#include "broker/shards/shard_set.h"

#include <atomic>
#include <future>

#include "base/assert.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

// Brings an answer back to the reactor that asked.
template <class T>
Function<void(T)> back_home(Function<void(T)> done) {
  auto* home = network::Reactor::current();
  BATON_ASSERT(home != nullptr);
  return [home, done = std::move(done)](T value) mutable {
    if (home->on_thread()) return done(std::move(value));
    home->post([done = std::move(done), value = std::move(value)]() mutable { done(std::move(value)); });
  };
}

Result<CommittedRecords> read_committed(Shard& shard, const TopicPartition& partition, int64_t offset, size_t bytes_max) {
  auto* hosted = shard.find(partition);
  if (hosted == nullptr) return fail(ErrorCode::kNotLeaderOrFollower);
  FetchParams params;
  params.offset = offset;
  params.max_bytes = bytes_max;
  auto fetched = hosted->replica.fetch_for_consumer(params);
  if (fetched.error != ErrorCode::kNone) return fail(fetched.error);
  auto bytes = copy_ranges(fetched.slice.ranges);
  if (!bytes) return tl::unexpected(bytes.error());
  CommittedRecords records;
  records.batches = std::move(*bytes);
  records.next_offset = fetched.slice.next_offset;
  records.start_offset = fetched.log_start_offset;
  records.high_watermark = fetched.high_watermark;
  records.leader_epoch = hosted->replica.leadership().state.leader_epoch;
  return records;
}

}  // namespace

ShardSet::ShardSet(const ShardContext& context) {
  for (auto& stored : context.store.stored()) names_.take(stored.topic, stored.partition.topic);
  for (int i = 0; i < context.config.shards; ++i) shards_.push_back(std::make_unique<Shard>(context, i, context.config.shards));
}
ShardSet::~ShardSet() {
  stop();
}

Status ShardSet::start() {
  for (auto& shard : shards_) {
    if (auto opened = shard->open_stored(); !opened) return opened;
  }
  for (auto& shard : shards_) {
    shard->reactor().post([&shard = *shard] { shard.start(); });
    threads_.emplace_back([&reactor = shard->reactor()] { reactor.run(); });
  }
  return {};
}

void ShardSet::stop() {
  {
    // Or a thread would wait for one that has ended.
    std::lock_guard lock(meetings_mutex_);
    stopping_ = true;
    for (auto& each : meetings_) {
      if (auto meeting = each.lock()) meeting->call_off();
    }
  }
  for (auto& shard : shards_) shard->reactor().stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

Shard& ShardSet::here() {
  for (auto& shard : shards_) {
    if (shard->reactor().on_thread()) return *shard;
  }
  BATON_ASSERT(false && "not a reactor's thread");
  return *shards_.front();
}

std::vector<network::Reactor*> ShardSet::reactors() {
  std::vector<network::Reactor*> reactors;
  reactors.reserve(shards_.size());
  for (auto& shard : shards_) reactors.push_back(&shard->reactor());
  return reactors;
}

int ShardSet::shard_of(const TopicPartition& partition) const {
  return baton::shard_of(partition, static_cast<int>(shards_.size()));
}

void ShardSet::run_on(int shard, Task task) {
  at(static_cast<size_t>(shard)).reactor().dispatch(std::move(task));
}

void ShardSet::append(const TopicPartition& partition, std::string batches, Duration timeout, Function<void(Result<Appended>)> done) {
  auto& shard = owner(partition);
  auto home = back_home(std::move(done));
  shard.reactor().dispatch([&shard, partition, batches = std::move(batches), timeout, done = std::move(home)]() mutable {
    auto finish = [done = std::move(done)](ProduceOutcome outcome) mutable {
      if (outcome.error != ErrorCode::kNone) return done(fail(outcome.error, outcome.message));
      done(Appended{outcome.base_offset, outcome.last_offset, outcome.leader_epoch});
    };
    shard.produce(partition, batches, -1, timeout, std::move(finish), AppendOrigin::kCoordinator);
  });
}

void ShardSet::read(const TopicPartition& partition, int64_t offset, size_t bytes_max, Function<void(Result<CommittedRecords>)> done) {
  auto& shard = owner(partition);
  auto home = back_home(std::move(done));
  shard.reactor().dispatch([&shard, partition, offset, bytes_max, done = std::move(home)]() mutable {
    done(read_committed(shard, partition, offset, bytes_max));
  });
}

void ShardSet::add_listener(LeadershipListener& listener) {
  for (auto& shard : shards_) shard->add_listener(listener);
}

void ShardSet::publish(const ImagePtr& image) {
  for (auto& shard : shards_) shard->reactor().post([&shard = *shard, image] { shard.publish(image); });
}

void ShardSet::apply(const control::Roles& roles) {
  auto meeting = meeting_for(roles);
  // Freed when the last shard is through.
  std::shared_ptr<const control::Roles> shared(new control::Roles(roles), [this](const control::Roles* done) {
    names_.free(*done);
    delete done;
  });
  for (auto& shard : shards_) {
    shard->reactor().post([&shard = *shard, shared, meeting] { shard.apply_roles(shared, meeting); });
  }
}

// Null: there is no need.
std::shared_ptr<Meeting> ShardSet::meeting_for(const control::Roles& roles) {
  if (!names_.pass_on(roles)) return nullptr;
  auto meeting = std::make_shared<Meeting>(shards_.size());
  std::lock_guard lock(meetings_mutex_);
  std::erase_if(meetings_, [](const auto& each) { return each.expired(); });
  meetings_.push_back(meeting);
  if (stopping_) meeting->call_off();
  return meeting;
}

void ShardSet::registered(BrokerEpoch epoch) {
  for (auto& shard : shards_) shard->reactor().post([&shard = *shard, epoch] { shard.registered(epoch); });
}

void ShardSet::stop_roles(Task stopped) {
  struct Gathering {
    std::atomic<size_t> open;
    Task done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->open = shards_.size();
  gathering->done = std::move(stopped);
  for (auto& shard : shards_) {
    shard->reactor().post([gathering, &shard = *shard] {
      shard.stop_roles();
      if (--gathering->open == 0) gathering->done();
    });
  }
}

void ShardSet::yield(const control::Yield& wanted) {
  std::vector<std::vector<Shard::Yielding>> by_shard(shards_.size());
  for (auto& each : wanted.partitions()) {
    const TopicPartition partition{TopicId(Uuid::from_bytes(each.topic_id())), PartitionIndex(each.partition())};
    by_shard[static_cast<size_t>(owner(partition).number())].push_back({partition, LeaderEpoch(each.leader_epoch())});
  }
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (by_shard[i].empty()) continue;
    shards_[i]->reactor().post([&shard = *shards_[i], wanted = std::move(by_shard[i])] { shard.yield(wanted); });
  }
}

void ShardSet::yield_roles() {
  for (auto& shard : shards_) shard->reactor().post([&shard = *shard] { shard.yield_roles(); });
}

void ShardSet::on_each_and_wait(const std::function<void(Shard&)>& task) {
  for (auto& shard : shards_) {
    std::promise<void> through;
    auto done = through.get_future();
    shard->reactor().post([&shard = *shard, &task, through = std::move(through)]() mutable {
      task(shard);
      through.set_value();
    });
    done.wait();
  }
}

}  // namespace baton
