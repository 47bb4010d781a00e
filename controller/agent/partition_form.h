// A partition in its three forms, and the ways between them: a record (decision/cluster.h), a message, a row of columns
// (messages/columns.h). Pure.
#pragma once

#include "controller/decision/page_table.h"
#include "controller/messages/columns.h"

namespace baton::agent {

control::Partition to_message(const decision::PartitionRecord& record);
// Writes over what is there and keeps fields that this version does not know.
void merge(const decision::PartitionRecord& record, control::Partition& into);
decision::PartitionRecord to_record(const TopicId& topic, const control::Partition& message);

inline decision::PageTable::Row to_row(const control::PlainPartition& plain) {
  return {plain.replicas,
          plain.isr,
          plain.eligible,
          plain.leader,
          plain.unclean,
          LeaderEpoch(plain.leader_epoch),
          PartitionEpoch(plain.partition_epoch)};
}
inline control::PlainPartition to_plain(int32_t index, const decision::PageTable::Row& row) {
  return {index, row.replicas, row.isr, row.eligible, row.leader, row.unclean, row.leader_epoch.value(), row.partition_epoch.value()};
}
// False where columns can not say it; the ids of its replicas lie in `buffer`.
bool to_plain(const decision::PartitionRecord& record, control::ReplicaBuffer& buffer, control::PlainPartition& into);

}  // namespace baton::agent
