// R9: a broker that is asked to lead with a log that is not to be trusted says so, and what that log holds all the same.
#include <filesystem>

#include "base/clock.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

class RefusalTest : public AloneTest {
 protected:
  void TearDown() override {
    if (broker_) fake_manager::release_first_image();
  }
  // Too young for retention to take them away at the next start.
  static std::string recent_batch(const std::vector<std::string>& values) {
    RecordBatchBuilder batch;
    for (const std::string& value : values) batch.add(SystemClock().wall_ms(), std::nullopt, value);
    return batch.build();
  }
  // What the controller says: this broker leads the only partition of "t".
  static void lead(const TopicId& id, int epoch, bool unclean) {
    control::Partition state;
    state.set_leader(7);
    state.set_leader_epoch(epoch);
    state.set_partition_epoch(epoch);
    state.set_unclean(unclean);
    state.add_replicas(7);
    state.add_isr(7);
    control::Event image, roles;
    control::Delta* delta = image.mutable_metadata();
    delta->set_controller_epoch(1);
    delta->set_controller_id(7);
    auto* topic = delta->add_topics();
    topic->set_name("t");
    topic->set_topic_id(std::string(id.raw()));
    auto* partition = delta->add_partitions();
    partition->set_topic_id(topic->topic_id());
    *partition->mutable_state() = state;
    roles.mutable_roles()->set_controller_epoch(1);
    auto* role = roles.mutable_roles()->add_roles();
    role->set_topic("t");
    role->set_topic_id(topic->topic_id());
    *role->mutable_state() = state;
    role->set_min_insync_replicas(1);
    role->set_kind(control::Role::LEAD);
    fake_manager::send(image);
    fake_manager::send(roles);
  }
};

TEST_F(RefusalTest, ADirtyLogIsSaidToBeDirtyWithItsEnd) {
  TopicId id = create("t");
  ASSERT_EQ(produce("t", recent_batch({"a", "b", "c"})).error_code, ErrorCode::kNone);
  broker_->shut_down();
  broker_.reset();
  // Nobody knows any more whether the machine has gone down meanwhile.
  ASSERT_TRUE(std::filesystem::remove(directory_ / "data/marker"));
  fake_manager::hold_first_image();
  start_listening();
  lead(id, 4, false);
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(10), [] { return fake_manager::last_word().has_value(); }));
  const control::StoppedLeading word = *fake_manager::last_word();
  ASSERT_EQ(word.partitions_size(), 1);
  EXPECT_EQ(word.partitions(0).topic_id(), id.raw());
  EXPECT_EQ(word.partitions(0).leader_epoch(), 4);
  EXPECT_TRUE(word.partitions(0).dirty());
  EXPECT_EQ(word.partitions(0).last_epoch(), 0);
  EXPECT_EQ(word.partitions(0).end_offset(), 3);
  EXPECT_EQ(word.partitions(0).caught_up_size(), 0);

  lead(id, 5, true);
  ASSERT_TRUE(support::wait_for(std::chrono::seconds(10), [&] { return produce("t", recent_batch({"d"})).error_code == ErrorCode::kNone; }))
      << "elected as what it is, it leads";
}

}  // namespace
}  // namespace baton
