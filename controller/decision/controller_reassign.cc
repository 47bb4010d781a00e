// Replicas that move: reassignments as asked (KIP-455), and those that a decommission makes necessary.
#include <fmt/format.h>

#include "controller/decision/controller.h"
#include "controller/decision/evacuation.h"
#include "controller/decision/policy_reassignment.h"

namespace baton::decision {

void Controller::note_reassignment(const PartitionRecord& record) {
  if (being_reassigned(record)) {
    reassigning_.insert(record.key);
    plan_by(now_);  // a leader that is to be removed may have to hand over
  } else if (reassigning_.erase(record.key) > 0) {
    plan_by(now_);
  }
}

// What has been asked for, as far as its partitions do not change in this very write already.
void Controller::answer_reassignments(std::map<PartitionKey, PartitionRecord>& changed, std::vector<Reply>& replies) {
  std::deque<ReassignRequested> later;
  while (!reassign_requests_.empty()) {
    ReassignRequested request = std::move(reassign_requests_.front());
    reassign_requests_.pop_front();
    bool possible = true;
    for (const Reassignment& wanted : request.partitions) possible &= !changed.contains(key_of(wanted.partition));
    if (!possible) {
      later.push_back(std::move(request));
      continue;
    }
    std::vector<MoveOutcome> outcomes;
    outcomes.reserve(request.partitions.size());
    for (const Reassignment& wanted : request.partitions) outcomes.push_back(begin_reassignment(wanted, changed));
    replies.push_back({request.request, std::move(outcomes)});
  }
  reassign_requests_ = std::move(later);
}

PartitionKey Controller::key_of(const PartitionChoice& choice) const {
  auto topic = topics_.find(choice.topic);
  return topic == topics_.end() || topic->second.deleting ? PartitionKey{{}, choice.index} : PartitionKey{topic->second.id, choice.index};
}

MoveOutcome Controller::begin_reassignment(const Reassignment& wanted, std::map<PartitionKey, PartitionRecord>& changed) {
  MoveOutcome outcome;
  outcome.key = key_of(wanted.partition);
  outcome.topic = wanted.partition.topic;
  outcome.partition = wanted.partition.index;
  const auto entry = pages_.find(outcome.key);
  if (!entry) {
    outcome.error = {ErrorCode::kUnknownTopicOrPartition,
                     fmt::format("There is no partition {} of topic '{}'.", outcome.partition, outcome.topic)};
    return outcome;
  }
  const PartitionRecord record = entry->record;
  const int32_t minimum = minimum_for(record.key.topic);
  auto after = wanted.cancel ? cancel_reassignment(record)
                             : reassign(record, wanted.replicas, minimum, [this](BrokerId id) { return members_.live(id); });
  outcome.leader = record.leader;
  outcome.leader_epoch = record.leader_epoch;
  if (!after) {
    outcome.error = after.error();
    return outcome;
  }
  if (auto finished = finish_reassignment(*after, minimum)) after = std::move(*finished);
  after->partition_epoch = record.partition_epoch.next();
  changed[record.key] = std::move(*after);
  return outcome;
}

void Controller::finish_reassignments(std::map<PartitionKey, PartitionRecord>& changed) {
  for (const PartitionKey& key : reassigning_) {
    if (changed.contains(key)) continue;
    auto finished = finish_reassignment(pages_.find(key)->record, minimum_for(key.topic));
    if (finished) changed[key] = std::move(*finished);
  }
}

// A decommissioned broker's replicas move on their own, some at a time, whoever controls.
void Controller::evacuate() {
  EvacuationInput input{pages_, {}, {}, 0};
  for (const auto& [id, order] : orders_.brokers) {
    if (order == BrokerOrder::kDecommission) input.leaving.insert(id);
  }
  if (input.leaving.empty() || reassigning_.size() >= kEvacuatedAtOnce) return;
  input.limit = kEvacuatedAtOnce - reassigning_.size();
  for (BrokerId id : members_.ids()) {
    if (members_.electable(id) && !orders_.avoids(id)) input.others.push_back({id, members_.rack(id)});
  }
  ReassignRequested request;  // nobody waits for its answer
  for (Evacuation& each : plan_evacuation(input)) {
    if (!visible(each.key.topic)) continue;
    request.partitions.push_back({{names_.at(each.key.topic), each.key.index}, std::move(each.target), false});
  }
  if (!request.partitions.empty()) reassign_requests_.push_back(std::move(request));
}

}  // namespace baton::decision
