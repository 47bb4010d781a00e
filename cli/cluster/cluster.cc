#include "cli/cluster/cluster.h"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "base/properties.h"
#include "base/settings.h"
#include "cli/client/connection.h"
#include "cli/cluster/voters.h"
#include "cli/cluster/zookeeper.h"

namespace baton::cluster {
namespace {

constexpr std::chrono::milliseconds kPause{10};
constexpr int kHoldSignal = SIGUSR2;  // tells a supervisor not to start its broker anew

// The supervisor takes this in before it acts on a death that comes after it.
void hold(const BrokerEntry& broker) {
  if (broker.supervised) send_signal(broker.process, kHoldSignal);
}

// What is wrong with a key that no broker knows; nothing for the others, and for tests' switches, which pass unchecked.
std::optional<std::string> slip_in(const std::string& key) {
  std::string_view near = nearest_broker_key(key);  // of a known key: that key
  if (near == key || key.starts_with("baton.internal.")) return std::nullopt;
  return fmt::format("--set: unknown key {}{}", key, near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

// On a command line an unknown key is a slip of the hand: better no cluster than one that ignores it. A known key that has no
// effect may come from a Kafka's configuration, and is worth a warning.
Status check_settings(const std::map<std::string, std::string>& settings, std::vector<std::string>* warnings) {
  std::vector<std::string> slips;
  for (const auto& [key, value] : settings) {
    if (auto slip = slip_in(key)) slips.push_back(*slip);
  }
  if (!slips.empty()) return fail(ErrorCode::kInvalidConfig, fmt::format("{}", fmt::join(slips, "\n")));
  Result<Settings> parsed = Settings::parse(Properties(settings.begin(), settings.end()), warnings);
  if (!parsed) return tl::unexpected(parsed.error());
  return {};
}

Status check_same(const Directory& directory, const Description& existing, const UpOptions& options) {
  auto differs = [&](const std::string& what) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("{} holds a cluster with {}: leave the option out, choose another --dir, or remove it with "
                            "`baton down --purge`",
                            directory.path().string(), what));
  };
  if (options.brokers && *options.brokers != static_cast<int>(existing.brokers.size())) {
    return differs(fmt::format("{} brokers (`baton add-broker` adds one)", existing.brokers.size()));
  }
  if (options.controllers && *options.controllers != static_cast<int>(existing.controllers.size())) {
    return differs(fmt::format("{} controllers beside the brokers", existing.controllers.size()));
  }
  if (options.port_base && *options.port_base != existing.port_base) return differs(fmt::format("--port-base {}", existing.port_base));
  if (options.zookeeper && *options.zookeeper != existing.zookeeper.connect) return differs("ZooKeeper " + existing.zookeeper.connect);
  return {};
}

Status check_ports_free(const BrokerEntry& entry) {
  for (int port : {entry.port, entry.control_port}) {
    if (port == 0) continue;  // a controller has none for clients
    if (Status is_free = check_port_free(port); !is_free) return is_free;
  }
  return {};
}

}  // namespace

Result<Cluster> Cluster::open(const Directory& directory) {
  Result<Description> description = directory.load();
  if (!description) return tl::unexpected(description.error());
  return Cluster(directory, std::move(*description));
}

Result<Cluster> Cluster::open_or_create(const Directory& directory, const UpOptions& options, std::vector<std::string>* warnings) {
  if (Status sane = check_settings(options.settings, warnings); !sane) return tl::unexpected(sane.error());
  if (directory.holds_cluster()) {
    Result<Cluster> cluster = open(directory);
    if (!cluster) return cluster;
    if (Status same = check_same(directory, cluster->description_, options); !same) return tl::unexpected(same.error());
    bool changed = false;
    for (const auto& [key, value] : options.settings) {
      auto at = cluster->description_.settings.find(key);
      changed = changed || at == cluster->description_.settings.end() || at->second != value;
    }
    if (!changed) return cluster;
    for (const BrokerEntry* entry : cluster->description_.processes()) {
      if (!alive(entry->process)) continue;
      return fail(ErrorCode::kInvalidRequest, "the cluster runs with other settings: `baton down` first, then up with the new --set");
    }
    for (const auto& [key, value] : options.settings) cluster->description_.settings[key] = value;
    settle_voters(cluster->description_);
    return cluster;
  }
  if (Status allowed = directory.may_hold_new_cluster(); !allowed) return tl::unexpected(allowed.error());
  int brokers = options.brokers.value_or(3);
  if (brokers < 1 || brokers > kMaxBrokers) return fail(ErrorCode::kInvalidRequest, fmt::format("--brokers takes 1 to {}", kMaxBrokers));
  Description description;
  description.port_base = options.port_base.value_or(9092);
  const int controllers = options.controllers.value_or(0);
  if (controllers < 0 || controllers > kMaxControllers) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("--controllers takes 0 to {}", kMaxControllers));
  }
  if (description.port_base < 1 || description.port_base + kControllerPorts + kMaxControllers > 65535) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("--port-base takes 1 to {}", 65535 - kControllerPorts - kMaxControllers));
  }
  description.settings = options.settings;
  if (options.zookeeper) {
    description.zookeeper = {*options.zookeeper, false, 0, {}};
  } else {
    int port = description.port_base + kZooKeeperPort;
    description.zookeeper = {fmt::format("127.0.0.1:{}", port), true, port, {}};
  }
  Cluster cluster(directory, std::move(description));
  for (int id = 1; id <= brokers; ++id) cluster.description_.brokers.push_back(cluster.new_entry(id));
  for (int i = 0; i < controllers; ++i) cluster.description_.controllers.push_back(cluster.new_entry(kFirstController + i));
  settle_voters(cluster.description_);
  return cluster;
}

BrokerEntry Cluster::new_entry(int id) const {
  if (id >= kFirstController) return {id, 0, description_.port_base + kControllerPorts + id - kFirstController, {}, false};
  int port = description_.port_base + id - 1;
  return {id, port, port + kControlPorts, {}, false, false};
}

Status Cluster::refresh() {
  Result<Description> description = directory_.load();
  if (!description) return tl::unexpected(description.error());
  description_ = std::move(*description);
  return {};
}

Status Cluster::start_zookeeper_if_ours(const Progress& progress, std::vector<std::string>* started) {
  ZooKeeperEntry& zookeeper = description_.zookeeper;
  if (!zookeeper.own || alive(zookeeper.process)) return {};
  progress(fmt::format("Starting ZooKeeper on port {}", zookeeper.port));
  if (Status is_free = check_port_free(zookeeper.port); !is_free) return is_free;
  Result<ProcessId> process = start_zookeeper(directory_, zookeeper.port, description_.settings);
  if (!process) return tl::unexpected(process.error());
  zookeeper.process = *process;
  if (Status saved = directory_.save(description_); !saved) return saved;
  started->push_back("ZooKeeper");
  return wait_for_zookeeper(directory_, zookeeper.port, zookeeper.process, std::chrono::seconds(60));
}

Result<std::vector<std::string>> Cluster::start_missing(const Progress& progress) {
  DirectoryLock lock(directory_);
  // Every port before anything is started: half a cluster helps nobody.
  for (const BrokerEntry* entry : description_.processes()) {
    if (alive(entry->process) || entry->held) continue;
    if (Status is_free = check_ports_free(*entry); !is_free) return tl::unexpected(is_free.error());
  }
  std::vector<std::string> started;
  if (Status up = start_zookeeper_if_ours(progress, &started); !up) return tl::unexpected(up.error());
  for (BrokerEntry* entry : description_.processes()) {
    if (alive(entry->process) || entry->held) continue;
    const std::string name = name_of_process(entry->id);
    progress(fmt::format("Starting {} on port {}", name, entry->port > 0 ? entry->port : entry->control_port));
    if (Status spawned = spawn_broker(*entry); !spawned) return tl::unexpected(spawned.error());
    started.push_back(name);
  }
  return started;
}

Status Cluster::spawn_broker(BrokerEntry& broker) {
  std::filesystem::path program = broker_program();
  if (!std::filesystem::exists(program))
    return fail(ErrorCode::kInvalidConfig, program.string() + " is missing: build it with `./baton status`");
  std::error_code error;
  std::filesystem::create_directories(directory_.broker(broker.id), error);
  std::ofstream file(directory_.broker_properties(broker.id), std::ios::trunc);
  file << "# Written by `baton` at each start; settings of your own: baton up --set key=value\n";
  const auto properties = broker_properties(directory_, description_, broker);
  for (const auto& [key, value] : properties) file << key << '=' << value << '\n';
  file.close();
  if (!file) return fail(ErrorCode::kUnknownServerError, "cannot write " + directory_.broker_properties(broker.id).string());
  Result<ProcessId> process = start_daemon({program.string(), directory_.broker_properties(broker.id).string()},
                                           directory_.broker_log(broker.id).string(), directory_.broker(broker.id).string());
  if (!process) return tl::unexpected(process.error());
  broker.process = *process;
  broker.supervised = properties.at("broker.supervised") == "true";
  broker.held = false;
  return directory_.save(description_);
}

Status Cluster::check_cluster_id(const control::Status& answer) {
  if (answer.cluster_id().empty() || answer.cluster_id() == description_.cluster_id) return {};
  if (!description_.cluster_id.empty()) {
    return fail(ErrorCode::kInconsistentClusterId,
                fmt::format("{} belongs to cluster {}, but ZooKeeper at {} holds cluster {}: choose another --dir "
                            "or another --zookeeper chroot",
                            directory_.path().string(), description_.cluster_id, description_.zookeeper.connect, answer.cluster_id()));
  }
  DirectoryLock lock(directory_);
  description_.cluster_id = answer.cluster_id();
  return directory_.save(description_);
}

Status Cluster::wait_until_ready(std::chrono::milliseconds at_most) {
  client::Deadline deadline = client::after(at_most);
  for (;;) {
    std::optional<control::Status> answer = ask(std::chrono::milliseconds(500));
    ClusterState now = state_of(description_, answer);
    bool ready = answer && answer->controller_id() >= 0 && !answer->has_standing();
    for (const BrokerState& broker : now.brokers) {
      const BrokerEntry* entry = description_.broker(broker.id);
      ready = ready && (entry == nullptr || entry->held || broker.state == "live");
    }
    for (const ControllerState& controller : now.controllers) ready = ready && (controller.standing() || controller.state == "killed");
    for (const BrokerEntry* entry : description_.processes()) {
      if (entry->held || alive(entry->process)) continue;
      return fail(ErrorCode::kBrokerNotAvailable,
                  fmt::format("{} ended while it started; {} says: {}", name_of_process(entry->id),
                              directory_.broker_log(entry->id).string(), last_words_of(directory_.broker_log(entry->id))));
    }
    if (ready) return check_cluster_id(*answer);
    if (std::chrono::steady_clock::now() >= deadline) {
      std::vector<std::string> ailments = now.ailments();
      return fail(ErrorCode::kRequestTimedOut, fmt::format("the cluster is not ready after {} s ({}): see `baton logs`",
                                                           at_most.count() / 1000, ailments.empty() ? "no answer" : ailments.front()));
    }
    std::this_thread::sleep_for(kPause);
  }
}

Status Cluster::wait_until_healthy(std::chrono::milliseconds at_most) {
  client::Deadline deadline = client::after(at_most);
  for (;;) {
    std::vector<std::string> ailments = state().ailments();
    if (ailments.empty()) return {};
    if (std::chrono::steady_clock::now() >= deadline) return fail(ErrorCode::kRequestTimedOut, ailments.front());
    std::this_thread::sleep_for(kPause);
  }
}

Status Cluster::stop(const Progress& progress) {
  DirectoryLock lock(directory_);
  std::vector<const BrokerEntry*> running;
  std::map<int, ProcessId> own;
  for (BrokerEntry* entry : description_.processes()) {
    entry->held = false;
    if (!alive(entry->process)) continue;
    running.push_back(entry);
    own[entry->id] = entry->own();
  }
  if (!running.empty()) progress(fmt::format("Stopping {} process(es)", running.size()));
  for (const BrokerEntry* entry : running) {
    // A stopped process acts on SIGTERM only once it is continued.
    send_signal(entry->process, SIGTERM);
    send_signal(entry->process, SIGCONT);
  }
  client::Deadline deadline = client::after(std::chrono::seconds(15));
  for (const BrokerEntry* broker : running) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (wait_until_gone(broker->process, std::max(left, std::chrono::milliseconds(1)))) continue;
    progress(fmt::format("{} does not end: killing it", name_of_process(broker->id)));
    send_signal(broker->process, SIGKILL);
    wait_until_gone(broker->process, std::chrono::seconds(10));
    wait_until_gone(own.at(broker->id), std::chrono::seconds(10));
  }
  const ZooKeeperEntry& zookeeper = description_.zookeeper;
  if (zookeeper.own && alive(zookeeper.process)) {
    progress("Stopping ZooKeeper");
    send_signal(zookeeper.process, SIGTERM);
    send_signal(zookeeper.process, SIGCONT);
    if (!wait_until_gone(zookeeper.process, std::chrono::seconds(5))) {
      send_signal(zookeeper.process, SIGKILL);
      wait_until_gone(zookeeper.process, std::chrono::seconds(10));
    }
  }
  return directory_.save(description_);
}

Status Cluster::signal_broker(int id, int signal) {
  DirectoryLock lock(directory_);
  BrokerEntry* broker = description_.process(id);
  if (broker == nullptr) return fail(ErrorCode::kInvalidRequest, fmt::format("there is no {} in this cluster", name_of_process(id)));
  if (signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGABRT) {
    broker->held = true;
    if (Status saved = directory_.save(description_); !saved) return saved;
  }
  if (broker->held) hold(*broker);
  const ProcessId own = broker->own();
  if (send_signal(own, signal)) return {};
  // Between two lives of the broker there is only the supervisor, which waits.
  if (broker->held && send_signal(broker->process, SIGTERM)) return {};
  return fail(ErrorCode::kBrokerNotAvailable, fmt::format("{} does not run", name_of_process(id)));
}

Result<ProcessId> Cluster::hold_broker(int id) {
  DirectoryLock lock(directory_);
  BrokerEntry* broker = description_.process(id);
  if (broker == nullptr) return fail(ErrorCode::kInvalidRequest, fmt::format("there is no {} in this cluster", name_of_process(id)));
  broker->held = true;
  if (Status saved = directory_.save(description_); !saved) return tl::unexpected(saved.error());
  hold(*broker);
  return broker->own();
}

Status Cluster::start_broker(int id) {
  DirectoryLock lock(directory_);
  BrokerEntry* broker = description_.process(id);
  if (broker == nullptr)
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("there is no {} in this cluster: `baton add-broker` makes a broker", name_of_process(id)));
  // Just killed is not gone yet.
  if (broker->held) wait_until_gone(broker->process, std::chrono::seconds(5));
  if (alive(broker->process)) return {};
  if (Status is_free = check_ports_free(*broker); !is_free) return is_free;
  return spawn_broker(*broker);
}

Result<int> Cluster::add_broker() {
  DirectoryLock lock(directory_);
  int id = description_.brokers.empty() ? 1 : description_.brokers.back().id + 1;
  if (id > kMaxBrokers) return fail(ErrorCode::kInvalidRequest, fmt::format("a cluster holds up to {} brokers", kMaxBrokers));
  BrokerEntry entry = new_entry(id);
  if (Status is_free = check_ports_free(entry); !is_free) return tl::unexpected(is_free.error());
  description_.brokers.push_back(entry);
  if (Status spawned = spawn_broker(description_.brokers.back()); !spawned) return tl::unexpected(spawned.error());
  return id;
}

ClusterState Cluster::state(std::chrono::milliseconds at_most) const {
  return state_of(description_, ask(at_most));
}

}  // namespace baton::cluster
