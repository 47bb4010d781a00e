#include "tests/cluster/rig/local_cluster.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>

#include "cli/client/control_client.h"
#include "cli/cluster/zookeeper.h"
#include "tests/cluster/rig/checks.h"

namespace baton::rig {
namespace {

void quiet(const std::string&) {}

}  // namespace

int free_port_base(int brokers) {
  constexpr int kFirst = 15'000, kSpan = 15'000, kStep = 211;
  for (int i = 0; i < kSpan / kStep; ++i) {
    int base = kFirst + (getpid() * 37 + i * kStep) % kSpan;
    bool good = bool(cluster::check_port_free(base + cluster::kZooKeeperPort));
    for (int id = 0; good && id <= brokers; ++id) {
      good = cluster::check_port_free(base + id) && cluster::check_port_free(base + id + cluster::kControlPorts) &&
             cluster::check_port_free(base + id + cluster::kMetricsPorts);
    }
    for (int node = 0; good && node < 3; ++node) good = bool(cluster::check_port_free(base + cluster::kControllerPorts + node));
    if (good) return base;
  }
  throw std::runtime_error("no free ports below 30000");
}

std::map<std::string, std::string> patient(std::map<std::string, std::string> settings) {
  settings.emplace("zookeeper.session.timeout.ms", "10000");
  return settings;
}

LocalCluster::LocalCluster(std::map<std::string, std::string> settings, int brokers, const std::optional<std::string>& zookeeper)
    : LocalCluster(cluster::UpOptions{.brokers = brokers, .zookeeper = zookeeper, .settings = std::move(settings)}) {}

LocalCluster::LocalCluster(cluster::UpOptions options) {
  setenv("BATON_BROKER", BATON_BINARY_DIR "/bin/baton-broker", 1);
  setenv("BATON_HOME", BATON_SOURCE_DIR, 1);
  // What a killed process wrote is in the page cache, and no test here pulls the plug.
  setenv("SERVER_JVMFLAGS", "-Dzookeeper.forceSync=no", 0);
  options.port_base = free_port_base(options.brokers.value_or(3));
  cluster_ = must(cluster::Cluster::open_or_create(cluster::Directory(dir_ / "cluster"), options), "making a cluster");
  start_everything();
}

LocalCluster::~LocalCluster() {
  if (testing::Test::HasFailure() || std::uncaught_exceptions() > 0) show_last_words();
  kill_everything();
}

void LocalCluster::show_last_words() const {
  const cluster::Directory& directory = cluster_->directory();
  for (const cluster::BrokerEntry* entry : cluster_->description().processes()) {
    std::cerr << "---- " << cluster::name_of_process(entry->id) << " says:\n" << cluster::tail_of(directory.broker_log(entry->id), 40);
  }
  std::cerr << "---- ZooKeeper says:\n" << cluster::tail_of(directory.zookeeper_log(), 15) << std::endl;
}

std::optional<control::Status> LocalCluster::ask(int id) const {
  client::Address address{"127.0.0.1", cluster_->description().broker(id)->control_port};
  Result<control::Status> answer = client::query_status(address, client::after(std::chrono::seconds(1)));
  if (!answer) return std::nullopt;
  return *answer;
}

void LocalCluster::kill(const cluster::ProcessId& process) {
  cluster::send_signal(process, SIGKILL);
  if (!cluster::wait_until_gone(process, kPatience)) throw std::runtime_error("a killed process stays");
}

void LocalCluster::kill_everything() {
  std::vector<cluster::ProcessId> processes{zookeeper()};
  for (const cluster::BrokerEntry* entry : cluster_->description().processes()) {
    processes.push_back(entry->process);  // a supervisor first: it could start its broker anew
    processes.push_back(entry->own());
  }
  for (const cluster::ProcessId& process : processes) cluster::send_signal(process, SIGKILL);
  for (const cluster::ProcessId& process : processes) cluster::wait_until_gone(process, kPatience);
}

void LocalCluster::start_everything() {
  must(cluster_->start_missing(quiet), "starting");
  must(cluster_->wait_until_ready(kPatience), "getting ready");
}

void LocalCluster::await_health() {
  must(cluster_->wait_until_healthy(kPatience), "getting well");
}

support::ChildProcess LocalCluster::start_another(int id, const std::map<std::string, std::string>& overrides, const std::string& output) {
  std::vector<std::string> command{cluster::broker_program().string(), cluster_->directory().broker_properties(id).string()};
  for (const auto& [key, value] : overrides) {
    command.push_back("--override");
    command.push_back(key + "=" + value);
  }
  return support::ChildProcess::start(command, output);
}

}  // namespace baton::rig
