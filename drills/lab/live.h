// A real cluster's election in the lab's diagram: what each candidate recorded of it (controller/election/election_log.h), put together.
//
// A message is known from both ends: sent and heard are matched, in order, for each pair. One whose sender can not be asked any more (it
// is the dead one's) is drawn as it was heard; one that a candidate which was asked has not heard was lost. Clocks of several machines may
// differ; what was heard before it was sent is drawn as arriving at once.
#pragma once

#include <vector>

#include "controller/election/election_log.h"
#include "drills/lab/scene.h"

namespace baton::lab {

struct Witness {
  int id = 0;
  std::vector<election::LogEntry> entries;  // oldest first; instants of one clock, as far as machines agree
};

// Everything that the witnesses remember. A node that only others speak of has a lane too, and so have the `silent`, who were asked in
// vain.
Played assemble(const std::vector<Witness>& witnesses, const std::vector<int>& silent = {});

// Of that, the election that ended last: up to what followed on a rule's beginning, back to a rest of `quiet` before it.
Played last_election(const Played& all, Duration quiet = std::chrono::milliseconds(500));

}  // namespace baton::lab
