#include "broker/groups/hosting/group_service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "controller/messages/control.pb.h"
#include "partitions/log/record_batch.h"

namespace baton::groups {
namespace {

const TopicPartition kPartition{TopicId(Uuid::from_bytes("0123456789abcdef")), PartitionIndex(3)};

// A partition that its test leads, stops leading, holds up and fills behind the coordinator's back.
class FakePartition final : public PartitionAccess {
 public:
  explicit FakePartition(network::Reactor& reactor) : reactor_(reactor) {}
  int shard_of(const TopicPartition&) const override { return 0; }
  void run_on(int, Task task) override { reactor_.dispatch(std::move(task)); }
  void append(const TopicPartition&, std::string batches, Duration, Function<void(Result<Appended>)> done) override {
    if (append_error != ErrorCode::kNone) return done(fail(append_error));
    store(batches);
    if (hold_commits) {
      held.push_back(std::move(done));
    } else {
      done(Appended{});
    }
  }
  void read(const TopicPartition&, int64_t offset, size_t bytes_max, Function<void(Result<CommittedRecords>)> done) override {
    if (offset < start_offset) return done(fail(ErrorCode::kOffsetOutOfRange));
    CommittedRecords records;
    for (const auto& [base, batch] : log) {
      if (base < offset || (!records.batches.empty() && records.batches.size() + batch.size() > std::min(bytes_max, read_bytes_max)))
        continue;
      records.batches += batch;
    }
    done(std::move(records));
    if (after_read) after_read();
  }
  Result<CommittedRange> committed_range() {
    if (!committed) return fail(ErrorCode::kOffsetNotAvailable);
    return CommittedRange{start_offset, next_offset};
  }
  // As retention or an operator would, behind the coordinator's back.
  void cut_below(int64_t offset) {
    start_offset = offset;
    log.erase(log.begin(), log.lower_bound(offset));
  }
  void store(std::string batch) {
    stamp_offset_and_epoch(batch.data(), next_offset, LeaderEpoch(1));
    const int64_t base = next_offset;
    next_offset += BatchHeader::decode(batch).records_count;
    log.emplace(base, std::move(batch));
  }
  void store(const Record& record) {
    store(RecordBatchBuilder().add(1, record.key, record.value ? std::optional<std::string_view>(*record.value) : std::nullopt).build());
  }

  std::map<int64_t, std::string> log;
  int64_t start_offset = 0;
  int64_t next_offset = 0;
  size_t read_bytes_max = SIZE_MAX;
  std::function<void()> after_read;
  bool committed = true;
  bool hold_commits = false;
  ErrorCode append_error = ErrorCode::kNone;
  std::vector<Function<void(Result<Appended>)>> held;

 private:
  network::Reactor& reactor_;
};

class GroupServiceTest : public testing::Test {
 protected:
  GroupServiceTest()
      : partition(reactor),
        service(Settings::parse({{"group.initial.rebalance.delay.ms", "20"}}, nullptr).value(), partition,
                [this](const TopicPartition&) { return partition.committed_range(); }, clock, {&reactor}),
        thread([this] { reactor.run(); }) {}
  ~GroupServiceTest() override {
    stop_leading();
    reactor.stop();
    thread.join();
  }

  template <class F>
  auto on_reactor(F task) {
    std::promise<decltype(task())> promise;
    auto future = promise.get_future();
    reactor.post([&promise, &task] {
      if constexpr (std::is_void_v<decltype(task())>) {
        task();
        promise.set_value();
      } else {
        promise.set_value(task());
      }
    });
    return future.get();
  }
  static ImagePtr image_with(const std::vector<std::string>& topics) {
    control::Delta delta;
    delta.set_snapshot(true);
    delta.set_controller_epoch(1);
    for (const std::string& name : topics) {
      auto* topic = delta.add_topics();
      topic->set_name(name);
      topic->set_topic_id(std::string(16, name[0]));
    }
    return std::make_shared<Image>()->after(delta);
  }
  void lead() {
    on_reactor([this] { service.on_leading("__consumer_offsets", kPartition, LeaderEpoch(1)); });
  }
  void stop_leading() {
    on_reactor([this] { service.on_stopped_leading("__consumer_offsets", kPartition); });
  }
  bool wait_until_loaded() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      if (loaded()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  template <class F>
  auto with(F task) {
    return on_reactor([&] {
      decltype(task(nullptr)) result{};
      service.with_host(kPartition, [&](GroupHost* host) { result = task(host); });
      return result;
    });
  }
  bool loaded() {
    return with([](GroupHost* host) { return host != nullptr && host->coordinator().is_loaded(); });
  }
  int64_t offset(const std::string& group) {
    return with([&](GroupHost* host) -> int64_t {
      const auto offsets = host->coordinator().offsets_of(group);
      return offsets && offsets->contains({"t", 0}) ? offsets->at({"t", 0}).offset : -1;
    });
  }
  void commit(const std::string& group, int64_t at) {
    with([&](GroupHost* host) {
      const auto ticket = host->expect([this](auto reply) { answers.push_back(std::get<CommitReply>(reply).errors.at(0)); });
      host->carry_out(host->coordinator().commit(ticket, {group, -1, "", {}}, {{{"t", 0}, at}}, host->now()));
      return true;
    });
  }

  SystemClock clock;
  network::Reactor reactor;
  FakePartition partition;
  GroupService service;
  std::vector<ErrorCode> answers;
  std::thread thread;
};

TEST_F(GroupServiceTest, WhoDoesNotLeadIsNoCoordinator) {
  EXPECT_TRUE(with([](GroupHost* host) { return host == nullptr; }));
  on_reactor([this] { service.on_leading("other", kPartition, LeaderEpoch(1)); });
  EXPECT_TRUE(with([](GroupHost* host) { return host == nullptr; }));
}

TEST_F(GroupServiceTest, LoadsWhatIsStoredSkippingWhatItCannotRead) {
  partition.store(offset_record("g", {"t", 0}, {.offset = 5}));
  partition.store(RecordBatchBuilder().attributes(0x20).add(1, "control", "marker").build());
  partition.store(Record{"\xff", "nonsense"});
  for (int i = 0; i < 1000; ++i) partition.store(offset_record("g", {"t", 1}, {.offset = i}));
  partition.store(offset_record("g", {"t", 0}, {.offset = 6}));
  lead();
  ASSERT_TRUE(wait_until_loaded());
  EXPECT_EQ(offset("g"), 6);
}

TEST_F(GroupServiceTest, WaitsUntilWhatItsPredecessorAcknowledgedIsCommittedHereToo) {
  on_reactor([this] { partition.committed = false; });
  partition.store(offset_record("g", {"t", 0}, {.offset = 5}));
  lead();
  EXPECT_FALSE(loaded());
  commit("g", 1);
  EXPECT_EQ(answers, std::vector{ErrorCode::kCoordinatorLoadInProgress});
  on_reactor([this] { partition.committed = true; });
  ASSERT_TRUE(wait_until_loaded());
  EXPECT_EQ(offset("g"), 5);
}

TEST_F(GroupServiceTest, BeginsWhereItsLogBegins) {
  partition.store(offset_record("g", {"t", 0}, {.offset = 5}));
  partition.store(offset_record("g", {"t", 0}, {.offset = 6}));
  partition.cut_below(1);
  lead();
  ASSERT_TRUE(wait_until_loaded());
  EXPECT_EQ(offset("g"), 6);
  partition.cut_below(2);
  lead();
  ASSERT_TRUE(wait_until_loaded()) << "nothing is left, which is no reason to wait for it";
  EXPECT_EQ(offset("g"), -1);
}

TEST_F(GroupServiceTest, GoesOnWhereTheLogBeginsWhenThatMovesWhileItLoads) {
  for (int i = 0; i < 3; ++i) partition.store(offset_record("g" + std::to_string(i), {"t", 0}, {.offset = i}));
  partition.read_bytes_max = 1;
  partition.after_read = [this] {
    partition.after_read = nullptr;
    partition.cut_below(2);
  };
  lead();
  ASSERT_TRUE(wait_until_loaded());
  EXPECT_EQ(offset("g0"), 0);
  EXPECT_EQ(offset("g1"), -1);
  EXPECT_EQ(offset("g2"), 2);
}

// Or the offsets of the deleted topic would meet the one that is made anew under its name.
TEST_F(GroupServiceTest, ATopicThatIsDeletedWhileItLoadsIsForgottenAllTheSame) {
  on_reactor([this] {
    service.on_image(image_with({"t", "u"}));
    partition.committed = false;
  });
  partition.store(offset_record("g", {"t", 0}, {.offset = 5}));
  lead();
  EXPECT_FALSE(loaded());
  on_reactor([this] {
    service.on_image(image_with({"u"}));
    partition.committed = true;
  });
  ASSERT_TRUE(wait_until_loaded());
  EXPECT_EQ(offset("g"), -1);
}

TEST_F(GroupServiceTest, ACommitIsAnsweredWhenItsAppendIs) {
  lead();
  ASSERT_TRUE(wait_until_loaded());
  on_reactor([this] { partition.hold_commits = true; });
  commit("g", 9);
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(offset("g"), -1);
  on_reactor([this] {
    for (auto& done : partition.held) done(Appended{});
    partition.held.clear();
  });
  EXPECT_EQ(answers, std::vector{ErrorCode::kNone});
  EXPECT_EQ(offset("g"), 9);
}

TEST_F(GroupServiceTest, AnAppendThatFailsAtOnceIsAnsweredAtOnce) {
  lead();
  ASSERT_TRUE(wait_until_loaded());
  on_reactor([this] { partition.append_error = ErrorCode::kNotEnoughReplicas; });
  commit("g", 9);
  EXPECT_EQ(answers, std::vector{ErrorCode::kCoordinatorNotAvailable});
}

TEST_F(GroupServiceTest, LosingTheLeadershipAnswersThoseThatWaitAndLaterAppendsNobody) {
  lead();
  ASSERT_TRUE(wait_until_loaded());
  on_reactor([this] { partition.hold_commits = true; });
  commit("g", 9);
  stop_leading();
  EXPECT_EQ(answers, std::vector{ErrorCode::kNotCoordinator});
  on_reactor([this] {
    for (auto& done : partition.held) done(Appended{});
  });
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_TRUE(with([](GroupHost* host) { return host == nullptr; }));
}

TEST_F(GroupServiceTest, LeadingAgainReadsTheLogAgain) {
  lead();
  ASSERT_TRUE(wait_until_loaded());
  commit("g", 1);
  // Another leader in between committed more.
  on_reactor([this] { partition.store(offset_record("g", {"t", 0}, {.offset = 2})); });
  lead();
  ASSERT_TRUE(wait_until_loaded());
  EXPECT_EQ(offset("g"), 2);
}

TEST_F(GroupServiceTest, TimersRunSessionsOut) {
  lead();
  ASSERT_TRUE(wait_until_loaded());
  std::atomic<bool> answered = false;
  with([&](GroupHost* host) {
    const auto ticket = host->expect([&](auto reply) { answered = std::get<JoinReply>(reply).error == ErrorCode::kNone; });
    JoinRequest join{.group = "g",
                     .client_id = "c",
                     .session_timeout_ms = 6'000,
                     .rebalance_timeout_ms = 10,
                     .protocol_type = "consumer",
                     .protocols = {{"range", ""}}};
    host->carry_out(host->coordinator().join(ticket, join, host->now()));
    return true;
  });
  // The initial delay ends without anybody asking.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!answered && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace baton::groups
