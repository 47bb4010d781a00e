// Configurations that change while the cluster runs. A topic's stand in its entry, brokers' in one node of their own.
//
// R8, a lower minimum: the high watermark may advance with fewer members as soon as the leader hears of it, and then those who left
// the ISR below the former minimum do not hold everything that was acknowledged. So the write that lowers the minimum first empties
// the eligible set of each partition whose ISR satisfies the lower one. A higher minimum counts here at once, for who leaves
// from now on is eligible; the leader, which may not have heard of it, holds its high watermark where the page names eligible ones.
#include <fmt/format.h>

#include <algorithm>

#include "base/mutants.h"
#include "controller/decision/controller.h"
#include "controller/decision/policy_eligible.h"
#include "controller/decision/topic_rules.h"

namespace baton::decision {
namespace {

std::string label(const ConfigResource& resource) {
  return fmt::format("{}/{}", resource.type, resource.name);
}

}  // namespace

bool Controller::change_configs() {
  InFlight flight;
  std::set<std::string> touched;
  auto again = [&touched](const ConfigChange& change) { return touched.contains(label(change.resource)); };
  BrokerConfigs brokers = broker_configs_;
  while (!config_requests_.empty()) {
    // What is changed twice is changed from what the first write leaves.
    const ConfigsRequested& next = config_requests_.front();
    if (std::any_of(next.changes.begin(), next.changes.end(), again)) break;
    const ConfigsRequested request = next;
    config_requests_.pop_front();
    std::vector<ConfigOutcome> outcomes;
    for (const ConfigChange& change : request.changes) {
      ConfigOutcome outcome{change.resource};
      Status proposed;
      if (!touched.insert(label(change.resource)).second) {
        proposed = fail(ErrorCode::kInvalidRequest, "the request names this resource twice");
      } else if (change.resource.type == ConfigResource::kTopic) {
        proposed = propose_topic_configs(change, request.validate_only, flight.write);
      } else {
        proposed = propose_broker_configs(change, request.validate_only, brokers);
      }
      if (!proposed) outcome.error = proposed.error();
      outcomes.push_back(std::move(outcome));
    }
    flight.replies.push_back({request.request, std::move(outcomes)});
    flight.refused.push_back({request.request, ErrorCode::kNotController});
  }
  if (brokers != broker_configs_) flight.write.changes.emplace_back(PutBrokerConfigs{std::move(brokers)});
  if (flight.write.changes.empty()) {
    for (Reply& reply : flight.replies) decide(std::move(reply));
    return false;
  }
  send(std::move(flight));
  return true;
}

Status Controller::propose_topic_configs(const ConfigChange& change, bool validate_only, Write& write) {
  auto found = topics_.find(change.resource.name);
  if (found == topics_.end() || found->second.deleting) {
    return fail(ErrorCode::kUnknownTopicOrPartition, fmt::format("There is no topic '{}'.", change.resource.name));
  }
  TopicRecord topic = found->second;
  auto configs = changed_topic_configs(topic.configs, change);
  if (!configs) return tl::unexpected(configs.error());
  Result<int32_t> minimum = minimum_of(*configs, config_.default_min_insync_replicas);
  if (!minimum) return tl::unexpected(minimum.error());
  if (validate_only || (*configs == topic.configs && *minimum == topic.min_insync_replicas)) return {};
  if (*minimum < topic.min_insync_replicas) empty_eligible(topic, *minimum, write);
  topic.configs = std::move(*configs);
  topic.min_insync_replicas = *minimum;
  write.changes.emplace_back(PutTopic{std::move(topic)});
  return {};
}

void Controller::empty_eligible(const TopicRecord& topic, int32_t lower_minimum, Write& write) {
  if (BATON_MUTANT(eligible_kept_by_lower_minimum)) return;
  std::map<int32_t, PutPage> pages;
  for (PageTable::Entry& entry : pages_.of_topic(topic.id)) {
    PartitionRecord& record = entry.record;
    const bool satisfied = static_cast<int32_t>(record.isr.size()) >= effective_minimum(record, lower_minimum);
    if (record.eligible.empty() || !satisfied) continue;
    record.eligible.clear();
    record.partition_epoch = record.partition_epoch.next();
    pages[entry.page].partitions.push_back({topic.name, std::move(record)});
  }
  for (auto& [number, page] : pages) {
    page.number = number;
    write.changes.emplace_back(std::move(page));
  }
}

Status Controller::propose_broker_configs(const ConfigChange& change, bool validate_only, BrokerConfigs& brokers) const {
  const std::string& name = change.resource.name;
  if (change.resource.type != ConfigResource::kBroker) {
    return fail(ErrorCode::kInvalidRequest, "only topics (2) and brokers (4) have a configuration here");
  }
  const std::vector<BrokerId> ids = members_.ids();
  auto is_it = [&name](BrokerId id) { return std::to_string(id.value()) == name; };
  if (!name.empty() && std::none_of(ids.begin(), ids.end(), is_it)) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("No broker '{}' has ever registered here.", name));
  }
  auto held = brokers.find(name);
  auto configs = changed_broker_configs(held == brokers.end() ? Configs{} : held->second, change);
  if (!configs) return tl::unexpected(configs.error());
  if (validate_only) return {};
  if (configs->empty()) {
    brokers.erase(name);
  } else {
    brokers[name] = std::move(*configs);
  }
  return {};
}

void Controller::take_broker_configs(const BrokerConfigs& configs) {
  broker_configs_ = configs;
  std::optional<double> rate;
  if (auto common = configs.find(""); common != configs.end()) {
    auto set = common->second.find("controller.mutation.rate");
    if (set != common->second.end()) rate = std::stod(set->second);  // checked before it was stored
  }
  quota_.set_rate(rate);
}

// The topic's own word, or the cluster's.
bool Controller::unclean_allowed(TopicId topic) const {
  const auto* record = records_.find(topic);
  if (record == nullptr) return false;
  const Configs& configs = (*record)->configs;
  auto own = configs.find("unclean.leader.election.enable");
  return own == configs.end() ? config_.unclean_leader_election : own->second == "true";
}

}  // namespace baton::decision
