// Why a partition got another leader: what `baton leader history` and `explain` tell. Pure.
#pragma once

#include <optional>
#include <string>

#include "controller/decision/events.h"
#include "controller/decision/planned_moves.h"

namespace baton::decision {

// What is known when the change is confirmed.
struct ChangeInput {
  const PartitionRecord* former = nullptr;  // none: the partition was made by this write
  const PartitionRecord& record;
  const PlannedMove* move = nullptr;  // that the former record was subject to
  bool word = false;                  // the former leader had given its word
  bool refused = false;               // or had refused, its log being dirty
  std::string how_known;              // of the former leader's death
};

// A sentence without its full stop; none where the leadership is the same, or is the partition's first.
std::optional<std::string> cause_of_change(const ChangeInput& input);

}  // namespace baton::decision
