#include "controller/agent/pieces.h"

namespace baton::agent {

control::PartitionColumns& Pieces::columns_of(const decision::PartitionKey& key, int32_t page) {
  const bool same = piece_ != nullptr && piece_->page() == page && last_.topic == key.topic && last_.index < key.index;
  if (!same) {
    piece_ = delta_.add_pieces();
    piece_->set_topic_id(std::string(key.topic.raw()));
    piece_->set_page(page);
  }
  last_ = key;
  return *piece_->mutable_columns();
}

void Pieces::add(const decision::PageTable& table, const decision::PartitionKey& key, const decision::PageTable::Slot& slot) {
  if (!by_columns_ || table.beside(key)) return add(table.record(key, slot), slot.page);
  decision::PageTable::ReplicaIds ids;
  control::append(to_plain(key.index, table.row(slot, ids)), columns_of(key, slot.page));
}

void Pieces::add(const decision::PartitionRecord& record, int32_t page) {
  control::ReplicaBuffer buffer;
  if (control::PlainPartition plain; by_columns_ && to_plain(record, buffer, plain)) {
    return control::append(plain, columns_of(record.key, page));
  }
  control::PartitionOf& partition = *delta_.add_partitions();
  partition.set_topic_id(std::string(record.key.topic.raw()));
  partition.set_page(page);
  *partition.mutable_state() = to_message(record);
}

}  // namespace baton::agent
