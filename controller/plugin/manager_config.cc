#include "controller/plugin/manager_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/clock.h"
#include "base/logging.h"
#include "base/settings.h"
#include "controller/election/catalog.h"
#include "controller/plugin/addresses.h"
#include "controller/plugin/properties.h"

namespace baton {

namespace {

tl::unexpected<Error> invalid(std::string_view key, std::string_view value, std::string_view wanted) {
  return fail(ErrorCode::kInvalidConfig, fmt::format("{}={}: wanted {}", key, value, wanted));
}

std::string value_of(const Properties& properties, std::string_view key) {
  const auto at = properties.find(key);
  return at == properties.end() ? std::string() : at->second;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool any_address(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

// Splits at every `separator`; an empty text has no parts.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  }
  return parts;
}

Status take_roles(const Settings& settings, node::NodeConfig& node) {
  node.candidate = false;
  node.agent.broker = false;
  for (const std::string& role : settings.list("process.roles")) {
    if (role == "controller") node.candidate = true;
    if (role == "broker") node.agent.broker = true;
  }
  node.priority = settings.int32("controller.priority");
  if (!node.candidate && !node.agent.broker) return invalid("process.roles", "", "broker, controller, or both");
  return {};
}

Status take_endpoints(const Settings& settings, agent::Config& agent) {
  if (!agent.broker) return {};
  std::map<std::string, std::string, std::less<>> protocols;
  for (const std::string& pair : settings.list("listener.security.protocol.map")) {
    const size_t colon = pair.find(':');
    if (colon != std::string::npos) protocols[pair.substr(0, colon)] = pair.substr(colon + 1);
  }
  const bool advertised = settings.has("advertised.listeners");
  for (const std::string& text : advertised ? settings.list("advertised.listeners") : settings.list("listeners")) {
    const size_t scheme = text.find("://");
    const auto at = scheme == std::string::npos ? std::nullopt : host_port(std::string_view(text).substr(scheme + 3));
    if (!at) return invalid("advertised.listeners", text, "NAME://host:port");
    const std::string name = text.substr(0, scheme);
    const auto protocol = protocols.find(name);
    agent.endpoints.push_back(
        {name, any_address(at->host) ? "localhost" : at->host, at->port, protocol == protocols.end() ? "PLAINTEXT" : protocol->second});
  }
  return {};
}

Status take_control(const Settings& settings, node::ShellConfig& shell) {
  const std::string& listener = settings.text("control.listener");
  const auto at = host_port(listener);
  if (!at) return invalid("control.listener", listener, "host:port");
  shell.control_listener = {at->host, at->port};
  if (settings.has("control.advertised.host")) shell.control_advertised_host = settings.text("control.advertised.host");
  if (settings.has("control.advertised.port")) shell.control_advertised_port = settings.int32("control.advertised.port");
  if (shell.control_advertised_host.empty() && any_address(at->host)) {
    return invalid("control.listener", listener, "an address that others reach, or control.advertised.host beside it");
  }
  return {};
}

// The candidates that are asked, and in which time they have to answer.
Status take_election(const Settings& settings, const Properties& properties, node::ShellConfig& shell) {
  const auto ms = [](int64_t value) { return Duration(std::chrono::milliseconds(value)); };
  node::NodeConfig& node = shell.node;
  node.election = settings.text("controller.election");
  node.timing = {ms(settings.integer("controller.election.beat.ms")), ms(settings.integer("controller.election.suspect.ms")),
                 ms(settings.integer("controller.election.answer.ms"))};
  const auto kind = election::find_elector(node.election);
  if (!kind) return tl::unexpected(kind.error());
  if (!node.candidate || !(*kind)->asks_peers) return {};
  const std::string why = "controller.election=" + node.election + " asks the other candidates";
  if (!settings.has("controller.quorum.voters")) {
    return fail(ErrorCode::kInvalidConfig,
                why + ": give controller.quorum.voters, id@host:port of every candidate's control listener, the same list to all");
  }
  auto voters = parse_voters(settings.list("controller.quorum.voters"));
  if (!voters) return tl::unexpected(voters.error());
  const std::string whole = value_of(properties, "controller.quorum.voters");
  const auto self = std::find_if(voters->begin(), voters->end(), [&](const auto& voter) { return voter.id == node.agent.id; });
  if (self == voters->end()) {
    return invalid(
        "controller.quorum.voters", whole,
        fmt::format("an entry for this candidate, {}@host:port, or process.roles=broker for one that is none", node.agent.id.value()));
  }
  const int port = shell.control_advertised_port != 0 ? shell.control_advertised_port : shell.control_listener.port;
  if (port != self->port) {
    return invalid("controller.quorum.voters", whole,
                   fmt::format("port {} for {}, that of its control.listener or control.advertised.port{}", port, node.agent.id.value(),
                               port == 0 ? ", which must not be 0 then" : ""));
  }
  shell.election_directory = value_of(properties, property::kElectionDirectory);
  if (shell.election_directory.empty()) return invalid(property::kElectionDirectory, "", "a directory: " + why + " and remembers promises");
  node.voters = std::move(*voters);
  return {};
}

// `<topic id>:<partition>:<last leader epoch>:<log end offset>:<clean|dirty>`
std::optional<control::ReplicaEnd> replica(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 5 || (parts[4] != "clean" && parts[4] != "dirty")) return std::nullopt;
  const auto topic = Uuid::parse(parts[0]);
  const auto partition = number<int32_t>(parts[1]);
  const auto last_epoch = number<int32_t>(parts[2]);
  const auto end_offset = number<int64_t>(parts[3]);
  if (!topic || !partition || !last_epoch || !end_offset) return std::nullopt;
  control::ReplicaEnd end;
  end.set_topic_id(std::string(topic->raw()));
  end.set_partition(*partition);
  end.set_last_epoch(*last_epoch);
  end.set_end_offset(*end_offset);
  end.set_dirty(parts[4] == "dirty");
  return end;
}

Status take_directory(const Properties& properties, agent::Config& agent) {
  const std::string directory = value_of(properties, property::kDataDirectory);
  const auto id = Uuid::parse(directory);
  if (!id || id->is_none()) return invalid(property::kDataDirectory, directory, "a uuid of 22 characters");
  agent.data_directory.id = *id;
  agent.data_directory.boot_id = value_of(properties, property::kBootId);
  const std::string inode = value_of(properties, property::kLockInode);
  if (!inode.empty()) {
    const auto parsed = number<uint64_t>(inode);
    if (!parsed) return invalid(property::kLockInode, inode, "an inode's number");
    agent.data_directory.lock_inode = *parsed;
  }
  agent.data_directory.local_file_system = value_of(properties, property::kLocalFileSystem) == "true";
  agent.cluster_id = value_of(properties, property::kClusterId);
  const std::string replicas = value_of(properties, property::kReplicas);
  for (const std::string_view text : split(replicas, ',')) {
    auto parsed = replica(text);
    if (!parsed) return invalid(property::kReplicas, text, "<topic id>:<partition>:<last epoch>:<end offset>:<clean|dirty>");
    agent.replicas.push_back(std::move(*parsed));
  }
  return {};
}

void take_times(const Settings& settings, ManagerConfig& config) {
  const auto ms = [](int64_t value) { return Duration(std::chrono::milliseconds(value)); };
  config.session_timeout = ms(settings.integer("zookeeper.session.timeout.ms"));
  agent::Config& agent = config.shell.node.agent;
  agent.session_timeout = config.session_timeout;
  agent.lease = ms(settings.integer("leader.lease.ms"));
  agent.lease_renew = ms(settings.integer("leader.lease.renew.ms"));
  agent.control_timeout = ms(settings.integer("control.timeout.ms"));
  decision::MembershipConfig& membership = config.shell.node.controller.membership;
  membership.control_timeout = agent.control_timeout;
  config.shell.node.controller.catch_up_wait = agent.control_timeout;
  // The session has been silent for its whole time-out before it is gone; this only lets a live process recreate its node.
  membership.session_grace = agent.control_timeout / 10;
  membership.lease = agent.lease;
  const auto drift_of = [&](Duration time) {
    return Duration(static_cast<int64_t>(static_cast<double>(time.count()) * settings.number("clock.drift.percent") / 100));
  };
  membership.drift = drift_of(agent.lease);
  // See decision/kill_grants.h: whoever has hung for the whole time-out has given no grant that is still good.
  decision::KillGrantsConfig& kills = config.shell.node.kills;
  kills.valid = ms(settings.integer("leader.stall.timeout.ms")) / 2;
  kills.drift = drift_of(kills.valid);
}

}  // namespace

Result<ManagerConfig> manager_config(const Properties& properties) {
  std::vector<std::string> warnings;
  const auto settings = Settings::parse(properties, &warnings);
  if (!settings) return tl::unexpected(settings.error());
  for (const std::string& warning : warnings) log::warn("{}", warning);

  ManagerConfig config;
  agent::Config& agent = config.shell.node.agent;
  agent.id = BrokerId(settings->int32("broker.id"));
  if (agent.id.value() < 0) return invalid("broker.id", std::to_string(agent.id.value()), "an integer from 0 to 2147483647");
  if (!settings->has("zookeeper.connect")) return invalid("zookeeper.connect", "", "host:port[,host:port...][/chroot]");
  const auto whole_connect = properties.find("zookeeper.connect");
  config.zookeeper_connect = whole_connect->second;
  if (settings->has("broker.rack")) agent.rack = settings->text("broker.rack");
  agent.started_wall_ms = SystemClock().wall_ms();
  take_times(*settings, config);
  for (const Status& status :
       {take_roles(*settings, config.shell.node), take_endpoints(*settings, agent), take_control(*settings, config.shell),
        take_election(*settings, properties, config.shell), take_directory(properties, agent)}) {
    if (!status) return tl::unexpected(status.error());
  }
  decision::ControllerConfig& controller = config.shell.node.controller;
  controller.default_partitions = settings->int32("num.partitions");
  controller.default_replication_factor = settings->int32("default.replication.factor");
  controller.default_min_insync_replicas = settings->int32("min.insync.replicas");
  decision::BalanceConfig& balance = controller.balance;
  balance.automatic = settings->flag("auto.leader.rebalance.enable");
  balance.delay = std::chrono::milliseconds(settings->integer("leader.rebalance.delay.ms"));
  balance.check_interval = std::chrono::seconds(settings->integer("leader.imbalance.check.interval.seconds"));
  balance.imbalance_percent = settings->int32("leader.imbalance.per.broker.percentage");
  balance.by_load = settings->text("leader.balance") == "load";
  balance.slow_append = std::chrono::milliseconds(settings->integer("leader.avoid.slow.ms"));
  controller.unclean_leader_election = settings->flag("unclean.leader.election.enable");
  controller.commit_flush_policy = settings->text("log.flush.policy") == "commit";
  if (settings->has("metadata.version.max")) agent.metadata_version = settings->int32("metadata.version.max");
  // Long enough for a broker that is being started again to be there.
  controller.level_moment = 2 * agent.control_timeout;
  config.shell.proof_of_death = settings->flag("proof.of.death");
  return config;
}

}  // namespace baton
