#include "tests/cluster/rig/network_cluster.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <iostream>

#include "cli/client/control_client.h"
#include "cli/cluster/zookeeper.h"
#include "tests/cluster/rig/checks.h"

namespace baton::rig {
namespace {

constexpr int kPort = 9092, kControlPort = 9192;
// For so many ticks a server that was cut off from the others goes on answering pings and reads by itself.
constexpr int kSyncTicks = 50;

}  // namespace

NetworkCluster::NetworkCluster(int brokers, std::map<std::string, std::string> settings, const std::string& chroot, int zookeepers)
    : settings_(std::move(settings)), chroot_(chroot), brokers_count_(brokers) {
  for (int host = 0; host < brokers + zookeepers; ++host) lab_.add_host();
  start_zookeepers(zookeepers);
  for (int id = 1; id <= brokers; ++id) start(id);
  await_health();
}

void NetworkCluster::start_zookeepers(int count) {
  constexpr int kQuorumPort = 2888, kElectionPort = 3888;
  std::string more;
  if (count > 1) more = fmt::format("initLimit=100\nsyncLimit={}\n", kSyncTicks);
  for (int server = 0; count > 1 && server < count; ++server) {
    more += fmt::format("server.{}={}:{}:{}\n", server + 1, lab_.address(zookeeper_host(server)), kQuorumPort, kElectionPort);
  }
  for (int server = 0; server < count; ++server) {
    support::ZooKeeperServer::Options options;
    options.address = lab_.address(zookeeper_host(server));
    options.launcher = lab_.launcher(zookeeper_host(server));
    options.id = count > 1 ? server + 1 : 0;
    options.more = more;
    zookeepers_.push_back(std::make_unique<support::ZooKeeperServer>(options));
  }
  for (auto& each : zookeepers_) each->begin();
  for (auto& each : zookeepers_) each->wait_until_it_serves();
}

NetworkCluster::~NetworkCluster() {
  if (!testing::Test::HasFailure() && std::uncaught_exceptions() == 0) return;
  for (const auto& [id, process] : brokers_) std::cerr << "---- broker " << id << " says:\n" << cluster::tail_of(log_of(id), 40);
}

std::map<std::string, std::string> NetworkCluster::properties_of(int broker) const {
  std::string address = lab_.address(host(broker));
  std::map<std::string, std::string> properties = {
      {"broker.id", std::to_string(broker)},
      {"listeners", "PLAINTEXT://0.0.0.0:" + std::to_string(kPort)},
      {"advertised.listeners", "PLAINTEXT://" + address + ":" + std::to_string(kPort)},
      {"control.listener", address + ":" + std::to_string(kControlPort)},
      {"zookeeper.connect", zookeeper_connect(server_of(broker))},
      {"log.dirs", dir_ / ("data-" + std::to_string(broker))},
      {"default.replication.factor", "3"},
      {"offsets.topic.replication.factor", "3"},
      {"min.insync.replicas", "2"},
  };
  std::string voters;
  for (int id = 1; id <= brokers_count_; ++id)
    voters += fmt::format("{}{}@{}:{}", voters.empty() ? "" : ",", id, lab_.address(host(id)), kControlPort);
  properties["controller.quorum.voters"] = voters;
  for (const auto& [key, value] : settings_) properties[key] = value;
  return properties;
}

void NetworkCluster::start(int broker) {
  std::string file = dir_ / ("broker-" + std::to_string(broker) + ".properties");
  std::ofstream out(file);
  for (const auto& [key, value] : properties_of(broker)) out << key << '=' << value << '\n';
  out.close();
  std::vector<std::string> command = lab_.launcher(host(broker));
  command.insert(command.end(), {BATON_BINARY_DIR "/bin/baton-broker", file});
  brokers_[broker] = support::ChildProcess::start(command, log_of(broker));
}

std::string NetworkCluster::log_of(int broker) const {
  return dir_ / ("broker-" + std::to_string(broker) + ".log");
}

std::string NetworkCluster::bootstrap() const {
  std::string text;
  for (const auto& [id, process] : brokers_) {
    text += (text.empty() ? "" : ",") + lab_.address(host(id)) + ":" + std::to_string(kPort);
  }
  return text;
}

drills::Place NetworkCluster::place() {
  return {bootstrap(), [this] { return state(); }};
}

std::optional<control::Status> NetworkCluster::ask(int broker) const {
  client::Address address{lab_.address(host(broker)), kControlPort};
  Result<control::Status> answer = client::query_status(address, client::after(std::chrono::seconds(1)));
  if (!answer) return std::nullopt;
  return *answer;
}

cluster::ClusterState NetworkCluster::state() const {
  std::vector<std::future<std::optional<control::Status>>> answers;
  cluster::Description description;
  for (const auto& [id, process] : brokers_) {
    answers.push_back(std::async(std::launch::async, [this, broker = id] { return ask(broker); }));
    description.brokers.push_back({id, kPort, kControlPort, cluster::identify(process.pid()), false, false});
  }
  std::optional<control::Status> best;
  auto rank = [](const control::Status& status) {
    return std::pair(status.controller_epoch(), status.node_id() == status.controller_id());
  };
  for (auto& pending : answers) {
    std::optional<control::Status> answer = pending.get();
    if (answer && (!best || rank(*answer) > rank(*best))) best = std::move(answer);
  }
  return cluster::state_of(description, best);
}

void NetworkCluster::await_health() {
  await("all is well", [&] {
    std::vector<std::string> ailments = state().ailments();
    return ailments.empty();
  });
}

}  // namespace baton::rig
