#include "cli/cluster/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace baton::cluster {
namespace {

std::string address_of(const control::Broker& broker) {
  if (broker.endpoints().empty()) return {};
  return broker.endpoints(0).host() + ":" + std::to_string(broker.endpoints(0).port());
}

void add_brokers(ClusterState& state, const Description& description, const std::optional<control::Status>& answer) {
  std::map<int, BrokerState> brokers;
  for (const BrokerEntry& entry : description.brokers) {
    BrokerState broker;
    broker.id = entry.id;
    broker.address = "127.0.0.1:" + std::to_string(entry.port);
    const ProcessId own = entry.own();
    broker.pid = alive(own) ? own.pid : -1;
    broker.state = broker.pid > 0 ? "joining" : entry.held ? "killed" : "down";
    brokers[entry.id] = broker;
  }
  for (int i = 0; answer && i < answer->brokers_size(); ++i) {
    const control::Broker& seen = answer->brokers(i);
    bool ours = brokers.contains(seen.id());
    BrokerState& broker = brokers[seen.id()];
    broker.id = seen.id();
    broker.epoch = seen.epoch();
    broker.metadata_version = seen.metadata_version();
    broker.maintenance = seen.maintenance() == control::DRAIN          ? "draining"
                         : seen.maintenance() == control::DECOMMISSION ? "decommissioned"
                                                                       : "";
    if (std::string address = address_of(seen); !address.empty()) broker.address = address;
    // Of a broker on another host only the image tells; of our own, a dead process is dead whatever the image says.
    if (ours && broker.pid < 0) continue;
    broker.state = !seen.live() ? (ours ? "joining" : "down") : seen.ready() && seen.streaming() ? "live" : "joining";
  }
  for (auto& [id, broker] : brokers) state.brokers.push_back(broker);
}

void add_controllers(ClusterState& state, const Description& description, const std::optional<control::Status>& answer) {
  std::map<int, ControllerState> controllers;
  for (const BrokerEntry& entry : description.controllers) {
    ControllerState& controller = controllers[entry.id];
    controller.id = entry.id;
    controller.address = "127.0.0.1:" + std::to_string(entry.control_port);
    controller.pid = alive(entry.process) ? entry.process.pid : -1;
    controller.state = controller.pid > 0 ? "joining" : entry.held ? "killed" : "down";
  }
  // Where no controller is followed, what is known of candidates is old.
  const bool current = answer && !answer->has_standing();
  for (int i = 0; current && i < answer->candidates_size(); ++i) {
    const control::Candidate& seen = answer->candidates(i);
    if (!seen.dedicated()) continue;
    const bool ours = controllers.contains(seen.id());
    ControllerState& controller = controllers[seen.id()];
    controller.id = seen.id();
    controller.address = seen.control_host() + ":" + std::to_string(seen.control_port());
    controller.metadata_version = std::max(seen.metadata_version(), 1);  // one that says nothing knows the first
    if (ours && controller.pid < 0) continue;
    controller.state = seen.id() == state.controller_id ? "rules" : "stands by";
  }
  for (auto& [id, controller] : controllers) state.controllers.push_back(controller);
}

void add_partitions(ClusterState& state, const control::Status& answer) {
  std::map<std::string, const control::Topic*> topics;
  for (const control::Topic& topic : answer.topics()) topics[topic.topic_id()] = &topic;
  for (const control::PartitionOf& entry : answer.partitions()) {
    auto topic = topics.find(entry.topic_id());
    if (topic == topics.end()) continue;
    const control::Partition& seen = entry.state();
    PartitionState partition;
    partition.topic = topic->second->name();
    partition.partition = seen.index();
    partition.leader = seen.leader();
    partition.leader_epoch = seen.leader_epoch();
    partition.partition_epoch = seen.partition_epoch();
    partition.replicas.assign(seen.replicas().begin(), seen.replicas().end());
    partition.isr.assign(seen.isr().begin(), seen.isr().end());
    partition.eligible.assign(seen.eligible().begin(), seen.eligible().end());
    partition.reassigning = seen.adding_size() + seen.removing_size() > 0;
    partition.min_insync_replicas = topic->second->min_insync_replicas();
    state.partitions.push_back(partition);
  }
  std::sort(state.partitions.begin(), state.partitions.end(), [](const PartitionState& a, const PartitionState& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
}

}  // namespace

std::vector<std::string> ClusterState::ailments() const {
  std::vector<std::string> found;
  if (std::string why = why_uncontrolled(); !why.empty()) found.push_back("no controller is elected: " + why);
  for (const BrokerState& broker : brokers) {
    if (broker.state == "live") continue;
    const bool outdated = broker.pid > 0 && broker.metadata_version > 0 && broker.metadata_version < metadata_version;
    found.push_back(outdated
                        ? fmt::format("broker {} is refused: it knows versions of the metadata up to {} only; start a newer release there",
                                      broker.id, broker.metadata_version)
                        : fmt::format("broker {} is {}", broker.id, broker.state));
  }
  for (const ControllerState& controller : controllers) {
    if (!controller.standing()) found.push_back(fmt::format("controller {} is {}", controller.id, controller.state));
  }
  size_t leaderless = 0, behind = 0;
  for (const PartitionState& partition : partitions) {
    leaderless += partition.leader < 0;
    behind += partition.isr.size() < partition.replicas.size();
  }
  if (leaderless > 0) found.push_back(fmt::format("{} partition(s) have no leader", leaderless));
  if (behind > 0) found.push_back(fmt::format("{} partition(s) are under-replicated", behind));
  return found;
}

std::string ClusterState::why_no_higher_version() const {
  std::string holders;
  int highest = 0;
  auto look_at = [&](const char* what, int id, int known) {
    highest = std::max(highest, known);
    if (known > 0 && known <= metadata_version) holders += fmt::format("{}{} {}", holders.empty() ? "" : ", ", what, id);
  };
  for (const BrokerState& broker : brokers) look_at("broker", broker.id, broker.metadata_version);
  for (const ControllerState& controller : controllers) look_at("controller", controller.id, controller.metadata_version);
  if (metadata_version == 0 || highest <= metadata_version) return {};
  if (holders.empty()) return fmt::format("version {} is about to begin", highest);
  return fmt::format("version {} waits for {}", highest, holders);
}

std::string ClusterState::why_uncontrolled() const {
  if (controller_id >= 0) return {};
  if (standing == 0) return "nobody stands for election; start a process whose process.roles names `controller`";
  if (standing > 0) return fmt::format("{} candidate(s) stand for election, and none rules yet", standing);
  return "no node of this cluster answers, or none reaches ZooKeeper";
}

std::string ClusterState::why_leaderless(const PartitionState& partition) const {
  std::string missing, here;
  for (int id : partition.replicas) {
    auto holds = [id](const std::vector<int>& ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
    if (!holds(partition.isr) && !holds(partition.eligible)) continue;
    bool live =
        std::any_of(brokers.begin(), brokers.end(), [id](const BrokerState& each) { return each.id == id && each.state == "live"; });
    std::string& into = live ? here : missing;
    into += (into.empty() ? "" : ",") + std::to_string(id);
  }
  std::string text = "no leader";
  if (!missing.empty()) text += ": waits for broker " + missing;
  // Its log is dirty, or it is on its way out.
  if (!here.empty()) text += (missing.empty() ? ": " : "; ") + here + " may not lead";
  return text;
}

const PartitionState* ClusterState::partition(const std::string& topic, int index) const {
  for (const PartitionState& candidate : partitions) {
    if (candidate.partition == index && candidate.topic == topic) return &candidate;
  }
  return nullptr;
}

ClusterState state_of(const Description& description, const std::optional<control::Status>& answer) {
  ClusterState state;
  state.cluster_id = answer && !answer->cluster_id().empty() ? answer->cluster_id() : description.cluster_id;
  state.bootstrap = description.bootstrap();
  if (answer) {
    state.controller_id = answer->controller_id();
    state.controller_epoch = answer->controller_epoch();
    state.metadata_version = answer->metadata_version();
    // Of a controller that is not followed any more only the name is known.
    if (answer->has_standing()) {
      state.controller_id = -1;
      state.standing = answer->standing();
    }
    add_partitions(state, *answer);
  }
  add_brokers(state, description, answer);
  add_controllers(state, description, answer);
  return state;
}

std::string to_json(const ClusterState& state, int indent) {
  using json = nlohmann::ordered_json;
  json brokers = json::array(), controllers = json::array(), partitions = json::array();
  for (const BrokerState& broker : state.brokers) {
    json pid = broker.pid > 0 ? json(broker.pid) : json(nullptr);
    brokers.push_back({{"id", broker.id},
                       {"epoch", broker.epoch},
                       {"state", broker.state},
                       {"address", broker.address},
                       {"pid", pid},
                       {"metadata_version", broker.metadata_version}});
  }
  for (const ControllerState& controller : state.controllers) {
    json pid = controller.pid > 0 ? json(controller.pid) : json(nullptr);
    controllers.push_back({{"id", controller.id},
                           {"state", controller.state},
                           {"address", controller.address},
                           {"pid", pid},
                           {"metadata_version", controller.metadata_version}});
  }
  for (const PartitionState& partition : state.partitions) {
    partitions.push_back({{"topic", partition.topic},
                          {"partition", partition.partition},
                          {"leader", partition.leader},
                          {"leader_epoch", partition.leader_epoch},
                          {"partition_epoch", partition.partition_epoch},
                          {"replicas", partition.replicas},
                          {"isr", partition.isr}});
  }
  json whole = {{"cluster_id", state.cluster_id},
                {"bootstrap", state.bootstrap},
                {"controller", {{"id", state.controller_id}, {"epoch", state.controller_epoch}}},
                {"metadata_version", state.metadata_version},
                {"brokers", brokers},
                {"controllers", controllers},
                {"partitions", partitions}};
  return whole.dump(indent);
}

}  // namespace baton::cluster
