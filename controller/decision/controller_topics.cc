// Topics: creation and deletion (R10).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controller/decision/controller.h"
#include "controller/decision/topic_rules.h"

namespace baton::decision {

// A controller that has just begun hears from its brokers one after the other. What needs one that is registered and will be heard in
// a moment waits for it: a client would take the refusal for good.
bool Controller::waits_for_brokers(const std::vector<Need>& needs) const {
  if (now_ >= settling_until_) return false;
  int32_t electable = 0;
  int32_t live = 0;
  for (BrokerId id : members_.ids()) {
    if (orders_.avoids(id)) continue;
    electable += members_.electable(id);
    live += members_.live(id);
  }
  return std::any_of(needs.begin(), needs.end(), [&](const Need& need) {
    auto unheard = [this](BrokerId id) { return members_.live(id) && !members_.electable(id); };
    for (const auto& replicas : need.assignments) {
      if (std::any_of(replicas.begin(), replicas.end(), unheard)) return true;
    }
    return need.assignments.empty() && need.replication_factor > electable && need.replication_factor <= live;
  });
}

bool Controller::waits_for_brokers(const CreateRequested& request) const {
  std::vector<Need> needs;
  for (const NewTopic& wanted : request.topics) {
    needs.push_back({wanted.replication_factor == -1 ? config_.default_replication_factor : wanted.replication_factor, wanted.assignments});
  }
  return waits_for_brokers(needs);
}

bool Controller::create_topics() {
  InFlight flight;
  std::set<std::string> names;
  std::deque<CreateRequested> asked = std::exchange(creations_, {});
  for (CreateRequested& request : asked) {
    if (waits_for_brokers(request)) {
      creations_.push_back(std::move(request));
      continue;
    }
    std::vector<TopicOutcome> outcomes;
    outcomes.reserve(request.topics.size());
    Duration throttle{};
    for (const NewTopic& wanted : request.topics) outcomes.push_back(propose_topic(wanted, request, names, flight.write, throttle));
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

Status Controller::admit(const MutatingClient& client, int32_t partitions, Duration& throttle) {
  const MutationQuota::Verdict verdict = quota_.charge(client.name, client.refusable, partitions, now_);
  throttle = std::max(throttle, verdict.throttle);
  if (verdict.admitted) return {};
  return fail(ErrorCode::kThrottlingQuotaExceeded, fmt::format("This client has used up its controller.mutation.rate; ask again in {} ms.",
                                                               std::chrono::ceil<std::chrono::milliseconds>(verdict.throttle).count()));
}

TopicOutcome Controller::propose_topic(const NewTopic& wanted, const CreateRequested& request, std::set<std::string>& names, Write& write,
                                       Duration& throttle) {
  TopicOutcome outcome;
  outcome.name = wanted.name;
  auto refuse = [&](Error error) {
    outcome.error = std::move(error);
    return outcome;
  };
  if (Status name = check_topic_name(wanted.name); !name) return refuse(name.error());
  if (topics_.contains(wanted.name) || !names.insert(wanted.name).second) {
    return refuse({ErrorCode::kTopicAlreadyExists, "Topic '" + wanted.name + "' already exists."});
  }
  Result<int32_t> minimum = minimum_of(wanted.configs, config_.default_min_insync_replicas);
  if (!minimum) return refuse(minimum.error());
  auto assignments = assignments_of(wanted, write);
  if (!assignments) {
    names.erase(wanted.name);
    return refuse(assignments.error());
  }
  TopicRecord topic{wanted.name, TopicId(Uuid::random(random_)), wanted.configs, *minimum, static_cast<int32_t>(assignments->size()),
                    false};
  outcome.id = topic.id;
  outcome.partitions = topic.partitions;
  outcome.replication_factor = static_cast<int32_t>(assignments->front().size());
  outcome.configs = topic.configs;
  if (request.validate_only) {
    names.erase(wanted.name);
    return outcome;
  }
  if (Status admitted = admit(request.client, topic.partitions, throttle); !admitted) {
    names.erase(wanted.name);
    return refuse(admitted.error());
  }
  propose_partitions(topic, 0, *assignments, write);
  write.changes.emplace_back(PutTopic{std::move(topic)});
  return outcome;
}

Result<std::vector<std::vector<BrokerId>>> Controller::assignments_of(const NewTopic& wanted, const Write& write) {
  if (!wanted.assignments.empty()) {
    if (Status checked = check_assignments(wanted.assignments); !checked) return tl::unexpected(checked.error());
    for (const auto& replicas : wanted.assignments) {
      if (std::none_of(replicas.begin(), replicas.end(), [this](BrokerId id) { return members_.electable(id); })) {
        return fail(ErrorCode::kInvalidReplicaAssignment, "A partition would have no live replica.");
      }
      for (BrokerId id : replicas) {
        if (!members_.live(id)) {
          return fail(ErrorCode::kInvalidReplicaAssignment, fmt::format("Broker {} of the assignment is not registered.", id.value()));
        }
      }
    }
    return wanted.assignments;
  }
  std::vector<PlacementBroker> brokers;
  for (BrokerId id : members_.ids()) {
    if (members_.electable(id) && !orders_.avoids(id)) brokers.push_back({id, members_.rack(id)});
  }
  const int32_t partitions = wanted.partitions == -1 ? config_.default_partitions : wanted.partitions;
  const int32_t factor = wanted.replication_factor == -1 ? config_.default_replication_factor : wanted.replication_factor;
  PlacementLoad load;
  auto count = [&load](const PartitionRecord& record) {
    ++load.leaders[record.replicas.front()];
    for (BrokerId id : record.replicas) ++load.replicas[id];
  };
  load.leaders = pages_.preferred();
  load.replicas = pages_.assigned();
  for (const Change& change : write.changes) {
    const auto* page = std::get_if<PutPage>(&change);
    if (page == nullptr) continue;
    for (const PutPage::Upsert& upsert : page->partitions) count(upsert.partition);
  }
  return place(brokers, partitions, factor, std::move(load));
}

void Controller::propose_partitions(const TopicRecord& topic, int32_t first, const std::vector<std::vector<BrokerId>>& assignments,
                                    Write& write) {
  int32_t already = 0;
  for (const Change& change : write.changes) {
    if (const auto* page = std::get_if<PutPage>(&change)) already += static_cast<int32_t>(page->partitions.size());
  }
  // Earlier topics of the same write have taken the first places.
  const std::vector<int32_t> rooms = pages_.room_for(already + static_cast<int32_t>(assignments.size()));
  std::map<int32_t, PutPage> pages;
  for (size_t i = 0; i < assignments.size(); ++i) {
    PartitionRecord record;
    record.key = {topic.id, first + static_cast<int32_t>(i)};
    record.replicas = assignments[i];
    for (BrokerId id : record.replicas) {
      if (!members_.electable(id)) continue;
      if (record.leader == BrokerId()) record.leader = id;
      record.isr.push_back(id);
    }
    pages[rooms[static_cast<size_t>(already) + i]].partitions.push_back({topic.name, std::move(record)});
  }
  for (auto& [number, page] : pages) {
    page.number = number;
    // One change a page and write: two would each be made from the same former content.
    auto same = std::find_if(write.changes.begin(), write.changes.end(), [n = number](const Change& change) {
      const auto* other = std::get_if<PutPage>(&change);
      return other != nullptr && other->number == n;
    });
    if (same == write.changes.end()) {
      write.changes.emplace_back(std::move(page));
    } else {
      auto& into = std::get<PutPage>(*same).partitions;
      into.insert(into.end(), page.partitions.begin(), page.partitions.end());
    }
  }
}

bool Controller::delete_topics() {
  InFlight flight;
  Removal removal;
  for (const std::string& name : unfinished_deletions_) propose_removal(topics_.at(name), removal);
  unfinished_deletions_.clear();
  for (TopicId orphan : orphans_) {
    TopicRecord never_committed;
    never_committed.id = orphan;
    propose_removal(never_committed, removal);
  }
  orphans_.clear();
  for (const PartitionKey& key : never_committed_) removal.pages[pages_.page_of(key)].removed_partitions.push_back(key);
  never_committed_.clear();
  std::set<std::string> removed;
  while (!deletions_.empty()) {
    DeleteRequested request = std::move(deletions_.front());
    deletions_.pop_front();
    std::vector<TopicOutcome> outcomes;
    Duration throttle{};
    for (const TopicChoice& choice : request.topics) {
      TopicOutcome outcome;
      outcome.name = choice.name;
      outcome.id = choice.id;
      auto by_id = names_.find(choice.id);
      if (choice.name.empty() && by_id != names_.end()) outcome.name = by_id->second;
      auto found = topics_.find(outcome.name);
      if (found == topics_.end() || found->second.deleting || removed.contains(outcome.name)) {
        outcome.error.code = choice.name.empty() ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition;
      } else if (Status admitted = admit(request.client, found->second.partitions, throttle); !admitted) {
        outcome.error = admitted.error();
      } else {
        removed.insert(outcome.name);
        outcome.id = found->second.id;
        propose_removal(found->second, removal);
      }
      outcomes.push_back(std::move(outcome));
    }
    flight.replies.push_back({request.request, std::move(outcomes), throttle});
    flight.refused.push_back({request.request, ErrorCode::kNotController});
  }
  flight.write.changes = changes_of(std::move(removal));
  if (flight.write.changes.empty()) {
    for (Reply& reply : flight.replies) decide(std::move(reply));
    return false;
  }
  send(std::move(flight));
  return true;
}

void Controller::propose_removal(const TopicRecord& topic, Removal& removal) const {
  if (!topic.name.empty() && !topic.deleting) {
    removal.marked.push_back(topic);
    removal.marked.back().deleting = true;
  }
  for (int32_t number : pages_.pages_of(topic.id)) removal.pages[number].removed_topics.push_back(topic.id);
  if (!topic.name.empty()) removal.gone.push_back(topic.name);
}

// The entries are marked first, so that a crash in between leaves deletions to finish, never half a topic that is served. A page is changed
// once, however many topics leave it: each change writes all of it.
std::vector<Change> Controller::changes_of(Removal removal) {
  std::vector<Change> changes;
  for (TopicRecord& topic : removal.marked) changes.emplace_back(PutTopic{std::move(topic)});
  for (auto& [number, page] : removal.pages) {
    page.number = number;
    changes.emplace_back(std::move(page));
  }
  for (std::string& name : removal.gone) changes.emplace_back(RemoveTopic{std::move(name)});
  return changes;
}

}  // namespace baton::decision
