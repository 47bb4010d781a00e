// What a page of the store says, partition by partition, in whichever form it is written.
#pragma once

#include "controller/messages/columns.h"
#include "controller/messages/control.pb.h"

namespace baton::simulation {

// `what(topic, state)` of each partition; false: a column does not parse.
template <class What>
bool for_each_stored(const control::Page& page, What what) {
  bool good = true;
  for (const control::PageTopic& topic : page.topics()) {
    for (const control::Partition& state : topic.partitions()) what(topic, state);
    control::ColumnsReader reader(topic.columns());
    control::Partition state;
    for (control::PlainPartition plain; reader.next(plain);) {
      control::to_partition(plain, state);
      what(topic, state);
    }
    good = good && reader.good();
  }
  return good;
}

}  // namespace baton::simulation
