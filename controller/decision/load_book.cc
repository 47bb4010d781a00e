#include "controller/decision/load_book.h"

namespace baton::decision {

void LoadBook::note(const std::vector<PartitionLoad>& loads, Instant now) {
  for (const PartitionLoad& each : loads) {
    if (each.bytes_per_s > 0) {
      loads_[each.key] = {each.bytes_per_s, now};
    } else {
      loads_.erase(each.key);
    }
  }
}

int64_t LoadBook::load(const PartitionKey& key, Instant now) const {
  auto found = loads_.find(key);
  return found == loads_.end() || now - found->second.at >= kValid ? 0 : found->second.bytes_per_s;
}

void LoadBook::forget_old(Instant now) {
  std::erase_if(loads_, [now](const auto& each) { return now - each.second.at >= kValid; });
}

}  // namespace baton::decision
