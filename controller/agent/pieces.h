// Gathers partitions into a delta: those that columns can say in a piece for each row of a topic's partitions on one page, the others
// one by one; below the level that brought columns (base/metadata_version.h) all of them. Pure.
#pragma once

#include "controller/agent/partition_form.h"

namespace baton::agent {

class Pieces {
 public:
  explicit Pieces(control::Delta& delta, bool by_columns = true) : delta_(delta), by_columns_(by_columns) {}
  // As PageTable::each gives them.
  void add(const decision::PageTable& table, const decision::PartitionKey& key, const decision::PageTable::Slot& slot);
  void add(const decision::PartitionRecord& record, int32_t page);

 private:
  // Indexes ascend within a piece: where they do not, there is another one.
  control::PartitionColumns& columns_of(const decision::PartitionKey& key, int32_t page);

  control::Delta& delta_;
  bool by_columns_;
  control::PagePiece* piece_ = nullptr;
  decision::PartitionKey last_;
};

}  // namespace baton::agent
