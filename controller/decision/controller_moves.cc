// Planned moves: leaderships that change hands although nobody died (R4.2).
#include <fmt/format.h>

#include "controller/decision/controller.h"
#include "controller/decision/policy_named.h"
#include "controller/decision/policy_preferred.h"
#include "controller/decision/policy_unclean.h"

namespace baton::decision {

StandingOf Controller::standing_of(const PartitionKey& key) const {
  return [this, key](BrokerId id) { return members_.standing(key, id, now_); };
}

void Controller::on(const MoveRequested& event) {
  std::vector<MoveOutcome> outcomes;
  std::vector<PartitionKey> waits_for;
  for (const PartitionKey& key : moved_by(event, outcomes)) {
    const PartitionRecord& record = pages_.find(key)->record;
    auto outcome = begin_move(event, record);
    if (!outcome) {
      outcome.emplace();
      waits_for.push_back(key);
    } else if (event.all && outcome->error.code == ErrorCode::kElectionNotNeeded) {
      continue;
    }
    outcome->key = key;
    outcome->topic = names_.at(key.topic);
    outcome->partition = key.index;
    outcomes.push_back(std::move(*outcome));
  }
  moves_.wait(event.request, std::move(outcomes), std::move(waits_for));
}

std::vector<PartitionKey> Controller::moved_by(const MoveRequested& request, std::vector<MoveOutcome>& unknown) const {
  std::vector<PartitionKey> keys;
  if (request.all) {
    for (const auto& [key, entry] : pages_.entries()) {
      if (visible(key.topic)) keys.push_back(key);
    }
    return keys;
  }
  for (const PartitionChoice& choice : request.partitions) {
    auto topic = topics_.find(choice.topic);
    const bool known = topic != topics_.end() && !topic->second.deleting && pages_.find({topic->second.id, choice.index}) != nullptr;
    if (known) {
      keys.push_back({topic->second.id, choice.index});
    } else {
      unknown.push_back(
          {{{}, choice.index},
           choice.topic,
           choice.index,
           {ErrorCode::kUnknownTopicOrPartition, fmt::format("There is no partition {} of topic '{}'.", choice.index, choice.topic)},
           {},
           {}});
    }
  }
  return keys;
}

std::optional<MoveOutcome> Controller::begin_move(const MoveRequested& request, const PartitionRecord& record) {
  using Kind = MoveRequested::Kind;
  const StandingOf standing = standing_of(record.key);
  auto known = [&record](const Error& error) {
    MoveOutcome outcome;
    outcome.error = error;
    outcome.leader = record.leader;
    outcome.leader_epoch = record.leader_epoch;
    return outcome;
  };
  // One that is on the move already is waited for.
  if (moves_.of(record) != nullptr) return std::nullopt;
  MoveCause cause = MoveCause::kStepDown;
  Result<BrokerId> to = BrokerId();
  switch (request.kind) {
    case Kind::kPreferred:
      cause = MoveCause::kPreferred;
      to = preferred_target(record, standing);
      break;
    case Kind::kNamed:
      cause = MoveCause::kNamed;
      to = named_target(record, request.to, standing);
      break;
    case Kind::kStepDown:
      if (Status possible = check_step_down(record, standing); !possible) to = tl::unexpected(possible.error());
      break;
    case Kind::kUnclean:
      cause = MoveCause::kUnclean;
      to = allow_unclean(record);
      break;
  }
  if (!to) return known(to.error());
  moves_.begin(record, *to, cause, now_ + config_.move_timeout);
  return std::nullopt;
}

// Succession decides, at the next sweep: a clean heir goes first even now.
Result<BrokerId> Controller::allow_unclean(const PartitionRecord& record) {
  if (record.leader != BrokerId()) return fail(ErrorCode::kElectionNotNeeded, "The partition has a leader.");
  if (!unclean_leader(record, standing_of(record.key))) return fail(ErrorCode::kEligibleLeadersNotAvailable, "No replica is alive.");
  unclean_once_.insert(record.key);
  sweep_due_ = true;
  return BrokerId();
}

void Controller::tell_moves() {
  for (AskToYield& question : moves_.take_questions()) decide(std::move(question));
  for (Reply& reply : moves_.take_replies()) decide(std::move(reply));
}

}  // namespace baton::decision
