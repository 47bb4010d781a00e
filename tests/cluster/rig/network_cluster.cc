#include "tests/cluster/rig/network_cluster.h"

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

}  // namespace

NetworkCluster::NetworkCluster(int brokers, std::map<std::string, std::string> settings, const std::string& chroot)
    : settings_(std::move(settings)), chroot_(chroot) {
  for (int host = 0; host <= brokers; ++host) lab_.add_host();
  support::ZooKeeperServer::Options options;
  options.address = lab_.address(zookeeper_host());
  options.launcher = lab_.launcher(zookeeper_host());
  zookeeper_.emplace(options);
  zookeeper_->start();
  for (int id = 1; id <= brokers; ++id) start(id);
  await_health();
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
      {"zookeeper.connect", zookeeper_connect()},
      {"log.dirs", dir_ / ("data-" + std::to_string(broker))},
      {"default.replication.factor", "3"},
      {"offsets.topic.replication.factor", "3"},
      {"min.insync.replicas", "2"},
  };
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
