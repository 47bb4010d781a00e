#include "controller/decision/leader_change.h"

#include <fmt/format.h>

namespace baton::decision {
namespace {

std::string cause_of_move(const PlannedMove& move) {
  switch (move.cause) {
    case MoveCause::kPreferred:
      return "leadership went back to the preferred replica";
    case MoveCause::kNamed:
      return fmt::format("an operator ordered broker {} to lead", move.to.value());
    case MoveCause::kStepDown:
      return fmt::format("broker {} was told to step down", move.from.value());
    case MoveCause::kDrain:
      return fmt::format("broker {} is drained", move.from.value());
    case MoveCause::kReassignment:
      return fmt::format("a reassignment removes broker {}", move.from.value());
    case MoveCause::kLoad:
      return fmt::format("broker {} carried more than its share of the load", move.from.value());
    case MoveCause::kSlow:
      return fmt::format("broker {} is slow", move.from.value());
    case MoveCause::kUnclean:
      return "an operator let a replica lead that may lack acknowledged records";
  }
  return {};
}

}  // namespace

std::optional<std::string> cause_of_change(const ChangeInput& input) {
  const PartitionRecord& record = input.record;
  if (input.former == nullptr) return std::nullopt;
  const PartitionRecord& former = *input.former;
  if (former.leader_epoch == record.leader_epoch) return std::nullopt;
  if (input.move != nullptr && input.move->cause == MoveCause::kUnclean) return cause_of_move(*input.move);
  if (former.leader == BrokerId()) {
    if (!record.unclean) return "a replica that may lead is back";
    const bool could_hold_all = contains(former.isr, record.leader) || contains(former.eligible, record.leader);
    return could_hold_all ? "every replica that could hold the last record is back, and this log is the longest; records may be lost"
                          : "the topic allows unclean elections, and nobody else could lead; records may be lost";
  }
  const int32_t before = former.leader.value();
  if (input.refused) return fmt::format("broker {} found its log dirty and did not lead", before);
  if (!input.word) {
    return fmt::format(
        "broker {} died ({}){}", before, input.how_known,
        record.unclean && record.leader != BrokerId() ? ", and nobody was left that holds all of its records; records may be lost" : "");
  }
  if (record.leader == former.leader) return fmt::format("broker {} leads again: nobody could take over in time", before);
  return input.move != nullptr ? cause_of_move(*input.move) : fmt::format("broker {} stopped in good order", before);
}

}  // namespace baton::decision
