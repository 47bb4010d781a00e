#include "controller/agent/partition_form.h"

namespace baton::agent {
namespace {

template <class Field>
decision::BrokerList ids(const Field& field) {
  decision::BrokerList out;
  for (const int32_t id : field) out.push_back(BrokerId(id));
  return out;
}

template <class Field>
void set_ids(const decision::BrokerList& from, Field* field) {
  field->Clear();
  for (const BrokerId id : from) field->Add(id.value());
}

// The bits of these among the replicas; false where one is no replica.
bool to_bits(const decision::BrokerList& from, const control::PlainPartition& partition, uint8_t& bits) {
  bits = 0;
  for (const BrokerId id : from) {
    uint8_t bit = 0;
    for (size_t i = 0; i < partition.replicas.size(); ++i) {
      if (partition.replicas[i] == id.value()) bit = static_cast<uint8_t>(1u << i);
    }
    if (bit == 0 || (bits & bit) != 0) return false;
    bits |= bit;
  }
  return true;
}

}  // namespace

void merge(const decision::PartitionRecord& record, control::Partition& into) {
  into.set_index(record.key.index);
  set_ids(record.replicas, into.mutable_replicas());
  set_ids(record.isr, into.mutable_isr());
  set_ids(record.eligible, into.mutable_eligible());
  into.set_leader(record.leader.value());
  into.set_leader_epoch(record.leader_epoch.value());
  into.set_partition_epoch(record.partition_epoch.value());
  into.set_unclean(record.unclean);
  set_ids(record.adding, into.mutable_adding());
  set_ids(record.removing, into.mutable_removing());
}

control::Partition to_message(const decision::PartitionRecord& record) {
  control::Partition message;
  merge(record, message);
  return message;
}

decision::PartitionRecord to_record(const TopicId& topic, const control::Partition& message) {
  decision::PartitionRecord record;
  record.key = {topic, message.index()};
  record.replicas = ids(message.replicas());
  record.isr = ids(message.isr());
  record.eligible = ids(message.eligible());
  record.leader = BrokerId(message.leader());
  record.leader_epoch = LeaderEpoch(message.leader_epoch());
  record.partition_epoch = PartitionEpoch(message.partition_epoch());
  record.unclean = message.unclean();
  record.adding = ids(message.adding());
  record.removing = ids(message.removing());
  return record;
}

bool to_plain(const decision::PartitionRecord& record, control::ReplicaBuffer& buffer, control::PlainPartition& into) {
  if (!record.adding.empty() || !record.removing.empty() || record.replicas.size() > buffer.size()) return false;
  if (record.key.index < 0 || record.key.index == INT32_MAX) return false;
  for (size_t i = 0; i < record.replicas.size(); ++i) buffer[i] = record.replicas[i].value();
  into.replicas = {buffer.data(), record.replicas.size()};
  uint8_t all = 0;
  if (!to_bits(record.replicas, into, all) || !to_bits(record.isr, into, into.isr) || !to_bits(record.eligible, into, into.eligible)) {
    return false;
  }
  into.leader = 0;
  for (size_t i = 0; i < record.replicas.size(); ++i) {
    if (record.replicas[i] == record.leader) into.leader = static_cast<uint8_t>(i + 1);
  }
  if (into.leader == 0 && record.leader != BrokerId()) return false;
  into.index = record.key.index;
  into.unclean = record.unclean;
  into.leader_epoch = record.leader_epoch.value();
  into.partition_epoch = record.partition_epoch.value();
  return true;
}

}  // namespace baton::agent
