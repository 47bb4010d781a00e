// The one rule of succession for one partition: given its record and what is known of its replicas' brokers, what must the
// record become? Pure functions; R3, R4, R8 and R9 of docs/protocol.md. Who follows is decided by policies, one file each
// (policy_*.h), asked in this order: hand-over, clean, eligible, the greatest of all, unclean.
//
// The leader is changed only when the former one is known to have stopped: proven dead, or by its own word, or silent for
// long enough; or when it never began, because its log turned out to be dirty. While a silent leader may still act its partition is left
// alone as a whole, so that all deaths that are pending by then are one decision.
#pragma once

#include <optional>

#include "controller/decision/policy_handover.h"
#include "controller/decision/standing.h"

namespace baton::decision {

struct SuccessionInput {
  const PartitionRecord& record;
  int32_t min_insync_replicas = 1;
  std::optional<GivenWord> word;
  // flush policy `commit`: even a dirty replica holds all that it acknowledged.
  bool commit_flush_policy = false;
  // A replica outside ISR ∪ eligible may lead where nobody else can: the topic says so, or an operator, once.
  bool unclean_allowed = false;
};

// The record that has to be written, with its epochs raised; nothing when the present one stands.
std::optional<PartitionRecord> succeed(const SuccessionInput& input, const StandingOf& standing);

}  // namespace baton::decision
