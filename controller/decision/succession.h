// The one rule of succession for one partition: given its record and what is known of its replicas' brokers, what must the
// record become? Pure functions; R3, R4, R8 and R9 of docs/protocol.md.
//
// The leader is changed only when the former one is known to have stopped: proven dead, or by its own word, or silent for
// long enough; or when it never began, because its log turned out to be dirty. While a silent leader may still act its partition is left
// alone as a whole, so that all deaths that are pending by then are one decision.
#pragma once

#include <functional>
#include <optional>

#include "controller/decision/cluster.h"

namespace baton::decision {

// What is known of one broker with respect to one partition.
struct ReplicaStanding {
  // Its current incarnation is the one that the record's ISR and leader mean: live, and its predecessor is removed.
  bool member = false;
  // A former incarnation may still be acting as leader: silent, and its lease may run.
  bool may_still_act = false;
  bool streaming = false;  // a member that hears us
  // Could lead now: a member with a control stream, not on its way out.
  bool electable = false;
  bool clean = false;      // R9
  bool refused = false;    // it would not lead as a clean one: only as what it is
  LeaderEpoch last_epoch;  // what it vouches for, where it is dirty
  int64_t end_offset = 0;
};
using StandingOf = std::function<ReplicaStanding(BrokerId)>;

// R4.2: the leader's own word that it stopped at the record's leader epoch.
struct GivenWord {
  // Who holds all that it held, in the life that is known now. Nobody else may succeed it: the former leader lives, so what
  // it alone holds is not lost yet.
  std::vector<BrokerId> caught_up;
  // The others have had their time to catch up.
  bool overdue = false;
  // R9: no word of a leader but a refusal. Its log is dirty, and nobody ever led this epoch.
  bool refused = false;
};

struct SuccessionInput {
  const PartitionRecord& record;
  int32_t min_insync_replicas = 1;
  std::optional<GivenWord> word;
  // flush policy `commit`: even a dirty replica holds all that it acknowledged.
  bool commit_flush_policy = false;
};

// The record that has to be written, with its epochs raised; nothing when the present one stands.
std::optional<PartitionRecord> succeed(const SuccessionInput& input, const StandingOf& standing);

// min(min.insync.replicas, replicas): below it the high watermark does not advance.
int32_t effective_minimum(const PartitionRecord& record, int32_t min_insync_replicas);

// The eligible set after the ISR of `before` became `isr` (R8): who was removed when the ISR thereby fell, or already was,
// below its minimum is kept; restoring the minimum empties it.
std::vector<BrokerId> eligible_after(const PartitionRecord& before, const std::vector<BrokerId>& isr, int32_t min_insync_replicas);

}  // namespace baton::decision
