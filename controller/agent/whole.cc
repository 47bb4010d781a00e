#include "controller/agent/whole.h"

#include "controller/agent/pieces.h"

namespace baton::agent {

control::Delta whole(const Image& image, const control::Delta& snapshot) {
  control::Delta delta = snapshot;
  delta.clear_kept_pages();
  delta.clear_pieces();
  delta.clear_partitions();
  Pieces pieces(delta);
  image.partitions().each(
      [&](const decision::PartitionKey& key, const decision::PageTable::Slot& slot) { pieces.add(image.partitions(), key, slot); });
  return delta;
}

}  // namespace baton::agent
