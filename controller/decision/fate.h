// A partition as it is, and as it would be. A plain value.
#pragma once

#include "controller/decision/cluster.h"

namespace baton::decision {

struct Fate {
  PartitionRecord before;
  PartitionRecord after;
  int32_t minimum = 1;  // what the ISR has to hold for acks=all: min(min.insync.replicas, replicas)

  bool offline() const { return after.leader == BrokerId(); }
  bool under_minimum() const { return static_cast<int32_t>(after.isr.size()) < minimum; }
  // Worse than before: what is offline or short already is not the doing of this death.
  bool goes_offline() const { return offline() && before.leader != BrokerId(); }
  bool goes_under_minimum() const { return under_minimum() && static_cast<int32_t>(before.isr.size()) >= minimum; }
};

}  // namespace baton::decision
