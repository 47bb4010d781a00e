// What the policies of this folder know of one broker with respect to one partition. A plain value; the controller makes it of
// membership (lives, streams, R9) and of what operators have ordered (drains, bars).
#pragma once

#include <functional>
#include <vector>

#include "controller/decision/cluster.h"

namespace baton::decision {

struct ReplicaStanding {
  // Its current incarnation is the one that the record's ISR and leader mean: live, and its predecessor is removed.
  bool member = false;
  // A former incarnation may still be acting as leader: silent, and its lease may run.
  bool may_still_act = false;
  bool streaming = false;  // a member that hears us
  // Could lead now: a member with a control stream, not on its way out.
  bool electable = false;
  // Leads only where nobody else can: its broker is being drained, or is slow, or it was told to step down.
  bool avoided = false;
  bool slow = false;
  bool clean = false;      // R9
  bool refused = false;    // it would not lead as a clean one: only as what it is
  LeaderEpoch last_epoch;  // what it vouches for, where it is dirty
  int64_t end_offset = 0;
};
using StandingOf = std::function<ReplicaStanding(BrokerId)>;

}  // namespace baton::decision
