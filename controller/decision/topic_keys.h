// What is kept by partition, in order: all that is of one topic lies side by side, and nothing else has to be looked at to find it. Pure.
#pragma once

#include <cstdint>
#include <limits>

#include "controller/decision/cluster.h"

namespace baton::decision {

// Of a map or set ordered by PartitionKey. True: there was something.
template <class Kept>
bool erase_topic(Kept& kept, const TopicId& topic) {
  const auto first = kept.lower_bound(PartitionKey{topic, std::numeric_limits<int32_t>::min()});
  const auto last = kept.upper_bound(PartitionKey{topic, std::numeric_limits<int32_t>::max()});
  const bool any = first != last;
  kept.erase(first, last);
  return any;
}

template <class Kept>
bool has_topic(const Kept& kept, const TopicId& topic) {
  const auto first = kept.lower_bound(PartitionKey{topic, std::numeric_limits<int32_t>::min()});
  return first != kept.upper_bound(PartitionKey{topic, std::numeric_limits<int32_t>::max()});
}

}  // namespace baton::decision
