// Topics that grow (R10): pages first, then the entry, whose count of partitions commits them. Until then the new ones are not
// published, yet they are swept for deaths; activation removes what was never committed.
#include <fmt/format.h>

#include <algorithm>

#include "controller/decision/controller.h"
#include "controller/decision/topic_growth.h"

namespace baton::decision {

bool Controller::visible(const PartitionKey& key) const {
  const auto* topic = records_.find(key.topic);
  return topic != nullptr && !(*topic)->deleting && key.index < (*topic)->partitions;
}

// As many as its partitions have now.
bool Controller::waits_for_brokers(const GrowRequested& request) const {
  std::vector<Need> needs;
  for (const GrownTopic& wanted : request.topics) {
    auto topic = topics_.find(wanted.name);
    const auto first = topic == topics_.end() ? std::nullopt : pages_.find({topic->second.id, 0});
    if (first) needs.push_back({static_cast<int32_t>(first->record.replicas.size() - first->record.removing.size()), wanted.assignments});
  }
  return waits_for_brokers(needs);
}

bool Controller::grow_topics() {
  InFlight flight;
  std::set<std::string> grown;
  auto again = [&grown](const GrownTopic& wanted) { return grown.contains(wanted.name); };
  std::deque<GrowRequested> asked = std::exchange(growths_, {});
  for (GrowRequested& request : asked) {
    // What grows twice is counted from what the first write leaves, and what waits keeps its place before what grows the same.
    const bool later = std::any_of(request.topics.begin(), request.topics.end(), again);
    if (later || waits_for_brokers(request)) {
      for (const GrownTopic& wanted : request.topics) grown.insert(wanted.name);
      growths_.push_back(std::move(request));
      continue;
    }
    std::vector<TopicOutcome> outcomes;
    Duration throttle{};
    for (const GrownTopic& wanted : request.topics) {
      if (grown.insert(wanted.name).second) {
        outcomes.push_back(propose_growth(wanted, request, flight.write, throttle));
      } else {
        outcomes.emplace_back().name = wanted.name;
        outcomes.back().error = {ErrorCode::kInvalidRequest, "the request names this topic twice"};
      }
    }
    flight.replies.push_back({request.request, std::move(outcomes), throttle});
    flight.refused.push_back({request.request, ErrorCode::kNotController});
  }
  if (flight.write.changes.empty()) {
    for (Reply& reply : flight.replies) decide(std::move(reply));
    return false;
  }
  send(std::move(flight));
  return true;
}

TopicOutcome Controller::propose_growth(const GrownTopic& wanted, const GrowRequested& request, Write& write, Duration& throttle) {
  TopicOutcome outcome;
  outcome.name = wanted.name;
  auto refuse = [&](Error error) {
    outcome.error = std::move(error);
    return outcome;
  };
  auto found = topics_.find(wanted.name);
  const auto first = found == topics_.end() ? std::nullopt : pages_.find({found->second.id, 0});
  if (!first || found->second.deleting) {
    return refuse({ErrorCode::kUnknownTopicOrPartition, fmt::format("There is no topic '{}'.", wanted.name)});
  }
  TopicRecord topic = found->second;
  outcome.id = topic.id;
  // A reassignment that is under way ends with those that it does not remove.
  const auto replication_factor = static_cast<int32_t>(first->record.replicas.size() - first->record.removing.size());
  auto growth = growth_of(topic, replication_factor, wanted);
  if (!growth) return refuse(growth.error());
  auto assignments = assignments_of(*growth, write);
  if (!assignments) return refuse(assignments.error());
  outcome.partitions = wanted.partitions;
  outcome.replication_factor = replication_factor;
  if (request.validate_only) return outcome;
  if (Status admitted = admit(request.client, growth->partitions, throttle); !admitted) return refuse(admitted.error());
  propose_partitions(topic, topic.partitions, *assignments, write);
  topic.partitions = wanted.partitions;
  write.changes.emplace_back(PutTopic{std::move(topic)});
  return outcome;
}

}  // namespace baton::decision
