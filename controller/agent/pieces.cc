#include "controller/agent/pieces.h"

#include <algorithm>

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
  control::PartitionColumns& columns = columns_of(key, slot.page);
  if (columns.leaders().empty()) {
    // Whoever tells by slots tells many: most likely of all that lies there.
    const size_t likely = std::min(table.size_of(key.topic), size_t{decision::PageTable::kPartitionsPerPage});
    control::reserve(static_cast<int>(likely), slot.count, columns);
  }
  control::append(to_plain(key.index, table.row(slot, ids)), columns);
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
