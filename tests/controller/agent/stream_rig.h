// What tests of a control stream share: changes of the image in the making, and an agent that follows them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controller/agent/world.h"

namespace baton::agent {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

inline TopicId topic(uint8_t name) {
  TopicId id;
  id.bytes.fill(name);
  return id;
}

// A delta in the making.
struct Said {
  control::Frame frame;
  control::Delta& delta = *frame.mutable_delta();
  Said(int epoch, int64_t offset) {
    delta.set_controller_epoch(epoch);
    delta.set_offset(offset);
    delta.set_controller_id(2);
  }
  Said& snapshot() {
    delta.set_snapshot(true);
    return *this;
  }
  Said& level(int level) {
    delta.set_metadata_version(level);
    return *this;
  }
  Said& of_topic(uint8_t id, const std::string& name, bool removed = false) {
    control::Topic* to = delta.add_topics();
    to->set_topic_id(std::string(topic(id).raw()));
    to->set_name(name);
    to->set_removed(removed);
    to->set_min_insync_replicas(1);
    return *this;
  }
  Said& partition(uint8_t id, int index, int leader, int leader_epoch, int partition_epoch, std::vector<int> isr = {1, 2}) {
    control::PartitionOf* to = delta.add_partitions();
    to->set_topic_id(std::string(topic(id).raw()));
    to->mutable_state()->set_index(index);
    to->mutable_state()->set_leader(leader);
    to->mutable_state()->set_leader_epoch(leader_epoch);
    to->mutable_state()->set_partition_epoch(partition_epoch);
    for (int replica : {1, 2}) to->mutable_state()->add_replicas(replica);
    for (int member : isr) to->mutable_state()->add_isr(member);
    return *this;
  }
  Said& broker(int id, const Incarnation& incarnation, bool live = true, bool ready = true) {
    control::Broker* to = delta.add_brokers();
    to->set_id(id);
    to->set_incarnation(std::string(incarnation.raw()));
    to->set_live(live);
    to->set_ready(ready);
    return *this;
  }
  Said& candidate(int id, uint8_t incarnation) {
    delta.set_has_candidates(true);
    control::Candidate* to = delta.add_candidates();
    to->set_id(id);
    to->set_incarnation(std::string(topic(incarnation).raw()));
    to->set_control_host("127.0.0.1");
    to->set_control_port(7000 + id);
    return *this;
  }
};

inline control::Frame welcome(int epoch, ErrorCode error = ErrorCode::kNone) {
  control::Frame frame;
  frame.mutable_stream_hello_reply()->set_controller_epoch(epoch);
  frame.mutable_stream_hello_reply()->set_error(static_cast<int>(error));
  return frame;
}

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() { broker.open(); }

  void connect(int epoch) {
    if (world.tree.find("/controller") == nullptr) controller.rule(BrokerId(2), epoch);
    broker.run();
    broker.step(node::StreamConnected{broker.stream});
    broker.hear(welcome(epoch));
  }
  const Incarnation& self() const { return broker.agent.incarnation(); }
  control::StreamHello last_hello() const {
    for (auto frame = broker.sent.rbegin(); frame != broker.sent.rend(); ++frame) {
      if (frame->has_stream_hello()) return frame->stream_hello();
    }
    return {};
  }
  node::HostRequested alter_isr(uint64_t correlation) const {
    node::HostRequested requested;
    requested.request.set_correlation(correlation);
    requested.request.mutable_alter_isr();
    return requested;
  }
  control::Frame response(uint64_t correlation, int epoch) const {
    control::Frame frame;
    frame.mutable_response()->set_correlation(correlation);
    frame.mutable_response()->set_controller_epoch(epoch);
    return frame;
  }

  World world;
  HandController controller{world};
  Process broker{world, config_of(1, directory(1))};
};

}  // namespace baton::agent
