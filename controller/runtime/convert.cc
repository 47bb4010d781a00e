#include "controller/runtime/convert.h"

#include <algorithm>

namespace baton::node {
namespace {

TopicId topic_id(const std::string& raw) {
  return TopicId(Uuid::from_bytes(raw));
}
Incarnation incarnation(const std::string& raw) {
  return Incarnation(Uuid::from_bytes(raw));
}

template <class Field>
std::vector<BrokerId> ids(const Field& field) {
  std::vector<BrokerId> out;
  for (int32_t id : field) out.emplace_back(id);
  return out;
}

template <class Map>
std::map<std::string, std::string> plain(const Map& map) {
  return {map.begin(), map.end()};
}

// A number that does not fit leaves a partition without replicas, which the controller refuses.
template <class Assignments>
std::vector<std::vector<BrokerId>> assigned(const Assignments& message) {
  std::vector<std::vector<BrokerId>> assignments(static_cast<size_t>(message.size()));
  for (const control::Assignment& each : message) {
    if (each.partition() >= 0 && each.partition() < message.size())
      assignments[static_cast<size_t>(each.partition())] = ids(each.replicas());
  }
  return assignments;
}

}  // namespace

control::TopicEntry to_message(const decision::TopicRecord& topic) {
  control::TopicEntry entry;
  entry.set_topic_id(std::string(topic.id.raw()));
  for (const auto& [key, value] : topic.configs) (*entry.mutable_configs())[key] = value;
  entry.set_min_insync_replicas(topic.min_insync_replicas);
  entry.set_deleting(topic.deleting);
  entry.set_partitions(topic.partitions);
  return entry;
}

decision::TopicRecord to_record(const std::string& name, const control::TopicEntry& entry) {
  return {name, topic_id(entry.topic_id()), plain(entry.configs()), entry.min_insync_replicas(), entry.partitions(), entry.deleting()};
}

control::Topic to_image(const decision::TopicRecord& topic) {
  control::Topic message;
  message.set_name(topic.name);
  message.set_topic_id(std::string(topic.id.raw()));
  for (const auto& [key, value] : topic.configs) (*message.mutable_configs())[key] = value;
  message.set_min_insync_replicas(topic.min_insync_replicas);
  return message;
}

decision::Registration to_record(const control::Registration& message, BrokerEpoch epoch, StoreVersion version) {
  decision::Registration record;
  record.id = BrokerId(message.broker_id());
  record.incarnation = incarnation(message.incarnation());
  record.predecessor = incarnation(message.predecessor());
  record.epoch = epoch;
  record.version = version;
  record.life = static_cast<decision::Life>(message.life());
  record.rack = message.rack();
  record.metadata_version = metadata_version_of(message.metadata_version());
  return record;
}

std::vector<decision::CandidateSeen> to_records(const std::vector<control::Candidate>& queue) {
  std::vector<decision::CandidateSeen> records;
  for (const control::Candidate& each : queue) records.push_back({BrokerId(each.id()), metadata_version_of(each.metadata_version())});
  return records;
}

decision::OwnWord::Stopped to_record(const control::Stopped& message) {
  decision::OwnWord::Stopped stopped{
      {topic_id(message.topic_id()), message.partition()}, LeaderEpoch(message.leader_epoch()), message.end_offset(), {}};
  for (const control::IsrMember& member : message.caught_up()) {
    stopped.caught_up.push_back({BrokerId(member.id()), BrokerEpoch(member.epoch())});
  }
  stopped.dirty = message.dirty();
  if (stopped.dirty) stopped.last_epoch = LeaderEpoch(message.last_epoch());
  return stopped;
}

decision::VouchedReplica to_record(const control::ReplicaEnd& message) {
  return {{topic_id(message.topic_id()), message.partition()}, LeaderEpoch(message.last_epoch()), message.end_offset(), message.dirty()};
}

decision::IsrChange to_record(const control::AlterIsrPartition& message) {
  decision::IsrChange change;
  change.key = {topic_id(message.topic_id()), message.partition()};
  change.leader_epoch = LeaderEpoch(message.leader_epoch());
  change.partition_epoch = PartitionEpoch(message.partition_epoch());
  for (const control::IsrMember& member : message.isr()) change.isr.push_back({BrokerId(member.id()), BrokerEpoch(member.epoch())});
  return change;
}

decision::NewTopic to_record(const control::NewTopic& message) {
  return {message.name(), message.partitions(), message.replication_factor(), plain(message.configs()), assigned(message.assignments())};
}

decision::GrowRequested to_record(uint64_t request, const control::GrowTopics& message) {
  decision::GrowRequested event{request, {}, message.validate_only(), to_record(message.client())};
  for (const control::GrownTopic& topic : message.topics()) {
    event.topics.push_back({topic.name(), topic.partitions(), assigned(topic.assignments())});
  }
  return event;
}

decision::ConfigsRequested to_record(uint64_t request, const control::ChangeConfigs& message) {
  decision::ConfigsRequested event{request, {}, message.validate_only()};
  for (const control::ConfigChange& change : message.resources()) {
    decision::ConfigChange& into = event.changes.emplace_back();
    into.resource = {change.resource().type(), change.resource().name()};
    into.replace = change.replace();
    for (const control::ConfigOp& op : change.ops()) {
      into.ops.push_back({op.key(), static_cast<decision::ConfigOp::Kind>(op.kind()), op.value()});
    }
  }
  return event;
}

control::BrokerConfigs to_message(const decision::BrokerConfigs& configs) {
  control::BrokerConfigs message;
  for (const auto& [broker, own] : configs) {
    control::BrokerConfig& added = *message.add_brokers();
    added.set_broker(broker);
    for (const auto& [key, value] : own) (*added.mutable_configs())[key] = value;
  }
  return message;
}

decision::BrokerConfigs to_record(const control::BrokerConfigs& message) {
  decision::BrokerConfigs configs;
  for (const control::BrokerConfig& each : message.brokers()) configs[each.broker()] = plain(each.configs());
  return configs;
}

decision::MutatingClient to_record(const control::MutatingClient& message) {
  if (message.principal().empty() && message.client_id().empty()) return {};
  return {message.principal() + " " + message.client_id(), message.refusable()};
}

decision::TopicChoice to_record(const control::TopicName& message) {
  return {message.name(), topic_id(message.topic_id())};
}

decision::MoveRequested to_record(uint64_t request, const control::MoveLeaders& message) {
  decision::MoveRequested event;
  event.request = request;
  event.kind = static_cast<decision::MoveRequested::Kind>(message.kind());
  event.all = message.all();
  event.to = BrokerId(message.to());
  event.lasting = std::chrono::milliseconds(message.lasting_ms());
  for (const control::PartitionName& name : message.partitions()) event.partitions.push_back({name.topic(), name.partition()});
  return event;
}

decision::ReassignRequested to_record(uint64_t request, const control::ReassignPartitions& message) {
  decision::ReassignRequested event{request, {}};
  for (const control::Reassignment& each : message.partitions()) {
    event.partitions.push_back({{each.topic(), each.partition()}, ids(each.replicas()), each.cancel()});
  }
  return event;
}

decision::BrokerOrdered to_record(uint64_t request, const control::OrderBroker& message) {
  return {request, BrokerId(message.id()), static_cast<decision::BrokerOrder>(message.order())};
}

namespace {

int64_t to_wall_ms(Instant at, Duration wall_offset) {
  return at == Instant::never() ? 0 : (at + wall_offset).ns / 1'000'000;
}

Instant from_wall_ms(int64_t wall_ms, Duration wall_offset) {
  return wall_ms == 0 ? Instant::never() : Instant{wall_ms * 1'000'000} - wall_offset;
}

control::LeaderOrder leader_order(const decision::PartitionKey& key, BrokerId broker, bool barred, int64_t until_ms) {
  control::LeaderOrder order;
  order.set_topic_id(std::string(key.topic.raw()));
  order.set_partition(key.index);
  order.set_broker(broker.value());
  order.set_barred(barred);
  order.set_until_ms(until_ms);
  return order;
}

}  // namespace

control::Orders to_message(const decision::Orders& orders, Duration wall_offset) {
  control::Orders message;
  for (const auto& [id, order] : orders.brokers) {
    control::BrokerOrder& broker = *message.add_brokers();
    broker.set_id(id.value());
    broker.set_order(static_cast<control::Maintenance>(order));
  }
  for (const auto& [key, hold] : orders.holds)
    *message.add_leaders() = leader_order(key, hold.leader, false, to_wall_ms(hold.until, wall_offset));
  for (const auto& [key, bar] : orders.bars)
    *message.add_leaders() = leader_order(key, bar.broker, true, to_wall_ms(bar.until, wall_offset));
  for (const auto& [id, epoch] : orders.leaving) {
    control::LeavingBroker& leaving = *message.add_leaving();
    leaving.set_id(id.value());
    leaving.set_broker_epoch(epoch.value());
  }
  return message;
}

decision::Orders to_record(const control::Orders& message, Duration wall_offset) {
  decision::Orders orders;
  for (const control::BrokerOrder& broker : message.brokers()) {
    orders.brokers[BrokerId(broker.id())] = static_cast<decision::BrokerOrder>(broker.order());
  }
  for (const control::LeaderOrder& order : message.leaders()) {
    const decision::PartitionKey key{topic_id(order.topic_id()), order.partition()};
    const Instant until = from_wall_ms(order.until_ms(), wall_offset);
    if (order.barred()) {
      orders.bars[key] = {BrokerId(order.broker()), until};
    } else {
      orders.holds[key] = {BrokerId(order.broker()), until};
    }
  }
  for (const control::LeavingBroker& each : message.leaving()) orders.leaving[BrokerId(each.id())] = BrokerEpoch(each.broker_epoch());
  return orders;
}

namespace {

void move_unknown(const google::protobuf::Message& from, google::protobuf::Message& to) {
  to.GetReflection()->MutableUnknownFields(&to)->MergeFrom(from.GetReflection()->GetUnknownFields(from));
}

// `same(a, b)`: they are the same order, whatever it says now.
template <class Stored, class Fresh, class Same>
void move_unknown_of_each(const Stored& stored, Fresh& fresh, Same same) {
  for (auto& entry : fresh) {
    const auto former = std::find_if(stored.begin(), stored.end(), [&](const auto& each) { return same(each, entry); });
    if (former != stored.end()) move_unknown(*former, entry);
  }
}

}  // namespace

void keep_unknown(const control::Orders& stored, control::Orders& fresh) {
  move_unknown(stored, fresh);
  move_unknown_of_each(stored.brokers(), *fresh.mutable_brokers(), [](const auto& a, const auto& b) { return a.id() == b.id(); });
  move_unknown_of_each(stored.leaders(), *fresh.mutable_leaders(), [](const auto& a, const auto& b) {
    return a.topic_id() == b.topic_id() && a.partition() == b.partition() && a.broker() == b.broker() && a.barred() == b.barred();
  });
  move_unknown_of_each(stored.leaving(), *fresh.mutable_leaving(),
                       [](const auto& a, const auto& b) { return a.id() == b.id() && a.broker_epoch() == b.broker_epoch(); });
}

void keep_unknown(const control::BrokerConfigs& stored, control::BrokerConfigs& fresh) {
  move_unknown(stored, fresh);
  move_unknown_of_each(stored.brokers(), *fresh.mutable_brokers(), [](const auto& a, const auto& b) { return a.broker() == b.broker(); });
}

decision::LoadReported to_record(BrokerId id, BrokerEpoch epoch, const control::LoadReport& message) {
  decision::LoadReported event{id, epoch, message.shard(), {}, {}};
  for (const control::PartitionLoad& each : message.partitions()) {
    event.partitions.push_back({{topic_id(each.topic_id()), each.partition()}, each.bytes_per_s()});
  }
  if (message.append_us() >= 0) event.append = std::chrono::microseconds(message.append_us());
  return event;
}

control::Yield to_message(const decision::AskToYield& question) {
  control::Yield message;
  for (const auto& [key, leader_epoch] : question.partitions) {
    control::Yielding& partition = *message.add_partitions();
    partition.set_topic_id(std::string(key.topic.raw()));
    partition.set_partition(key.index);
    partition.set_leader_epoch(leader_epoch.value());
  }
  return message;
}

namespace {

struct Answering {
  control::Response& response;

  void operator()(ErrorCode code) const { response.set_error(static_cast<int32_t>(code)); }
  void operator()(const std::vector<decision::TopicOutcome>& outcomes) const {
    for (const decision::TopicOutcome& outcome : outcomes) {
      control::TopicResult& result = *response.mutable_topics()->add_topics();
      result.set_name(outcome.name);
      result.set_topic_id(std::string(outcome.id.raw()));
      result.set_error(static_cast<int32_t>(outcome.error.code));
      result.set_message(outcome.error.message);
      result.set_partitions(outcome.partitions);
      result.set_replication_factor(outcome.replication_factor);
      for (const auto& [key, value] : outcome.configs) (*result.mutable_configs())[key] = value;
    }
    response.mutable_topics();
  }
  void operator()(const std::vector<decision::IsrOutcome>& outcomes) const {
    for (const decision::IsrOutcome& outcome : outcomes) {
      control::AlterIsrPartitionResult& result = *response.mutable_alter_isr()->add_partitions();
      result.set_topic_id(std::string(outcome.key.topic.raw()));
      result.set_partition(outcome.key.index);
      result.set_error(static_cast<int32_t>(outcome.error));
      if (outcome.record) *result.mutable_state() = to_message(*outcome.record);
    }
    response.mutable_alter_isr();
  }
  void operator()(const decision::ProducerIds& ids) const {
    response.mutable_producer_ids()->set_first(ids.first);
    response.mutable_producer_ids()->set_count(ids.count);
  }
  void operator()(const std::vector<decision::MoveOutcome>& outcomes) const {
    for (const decision::MoveOutcome& outcome : outcomes) {
      control::MoveResult& result = *response.mutable_move_leaders()->add_partitions();
      result.set_topic(outcome.topic);
      result.set_partition(outcome.partition);
      result.set_error(static_cast<int32_t>(outcome.error.code));
      result.set_message(outcome.error.message);
      result.set_leader(outcome.leader.value());
      result.set_leader_epoch(outcome.leader_epoch.value());
    }
    response.mutable_move_leaders();
  }
  void operator()(const decision::Explanation& told) const {
    control::Explanation& message = *response.mutable_explanation();
    *message.mutable_state() = to_message(told.record);
    message.set_min_insync_replicas(told.min_insync_replicas);
    message.set_order(told.order);
    for (const auto& [id, standing] : told.replicas) {
      control::ReplicaWord& word = *message.add_replicas();
      word.set_id(id.value());
      word.set_standing(standing);
    }
  }
  void operator()(const std::vector<decision::PartitionFate>& fates) const {
    for (const auto& [topic, fate] : fates) {
      control::Fate& message = *response.mutable_fates()->add_partitions();
      message.set_topic(topic);
      *message.mutable_before() = to_message(fate.before);
      *message.mutable_after() = to_message(fate.after);
      message.set_minimum(fate.minimum);
    }
    response.mutable_fates();
  }
  void operator()(const std::vector<decision::ConfigOutcome>& outcomes) const {
    for (const decision::ConfigOutcome& outcome : outcomes) {
      control::ConfigResult& result = *response.mutable_change_configs()->add_resources();
      result.mutable_resource()->set_type(outcome.resource.type);
      result.mutable_resource()->set_name(outcome.resource.name);
      result.set_error(static_cast<int32_t>(outcome.error.code));
      result.set_message(outcome.error.message);
    }
    response.mutable_change_configs();
  }
  void operator()(const decision::Leaving& leaving) const { response.mutable_controlled_shutdown()->set_remaining(leaving.still_led); }
};

}  // namespace

control::Response to_message(const decision::Answer& answer) {
  control::Response response;
  std::visit(Answering{response}, answer);
  return response;
}

}  // namespace baton::node
