// baton broker: orders about one broker that stand until they are taken back, over restarts and changes of controller.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/cluster/controller_request.h"
#include "cli/cluster/fates.h"
#include "cli/commands/command.h"

namespace baton::commands {
namespace {

constexpr std::chrono::seconds kAtMost(15);

struct Options {
  int id = -1;
  int timeout_s = 60;
};

int led_by(const cluster::ClusterState& state, int id) {
  int led = 0;
  for (const cluster::PartitionState& partition : state.partitions) {
    const bool alone = partition.isr.size() < 2;  // nobody could take over
    led += partition.leader == id && !alone;
  }
  return led;
}

// The order is stored when the controller answers; following it takes some milliseconds more.
int wait_until_drained(const Session& session, cluster::Cluster& cluster, const Options& options) {
  const client::Deadline deadline = client::after(std::chrono::seconds(options.timeout_s));
  int led = led_by(cluster.state(), options.id);
  for (int told = -1; led > 0; led = led_by(cluster.state(), options.id)) {
    if (led != told) say(fmt::format("Broker {} still leads {} partition(s)", options.id, told = led));
    if (std::chrono::steady_clock::now() >= deadline) {
      return complain({ErrorCode::kRequestTimedOut, fmt::format("broker {} still leads {} partition(s) after {} s; the order stands",
                                                                options.id, led, options.timeout_s)});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::printf("Broker %d is drained: it leads nothing that another could lead, and gets no new replicas. Take it back with: %s\n",
              options.id, session.next(fmt::format("broker undrain {}", options.id)).c_str());
  return kOk;
}

// Replicas that the broker still holds, and of those the ones that nobody can take over: every other broker that may has one already.
struct Held {
  int replicas = 0;
  std::vector<std::string> stuck;
};

Held held_by(const cluster::ClusterState& state, int id) {
  Held held;
  for (const cluster::PartitionState& partition : state.partitions) {
    auto has = [&partition](int broker) {
      return std::find(partition.replicas.begin(), partition.replicas.end(), broker) != partition.replicas.end();
    };
    if (!has(id)) continue;
    ++held.replicas;
    const bool heir = std::any_of(state.brokers.begin(), state.brokers.end(),
                                  [&](const cluster::BrokerState& broker) { return broker.state == "live" && !has(broker.id); });
    if (!heir && !partition.reassigning) held.stuck.push_back(fmt::format("{}-{}", partition.topic, partition.partition));
  }
  return held;
}

int wait_until_empty(const Session& session, cluster::Cluster& cluster, const Options& options) {
  const client::Deadline deadline = client::after(std::chrono::seconds(options.timeout_s));
  for (int told = -1;; std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
    const Held held = held_by(cluster.state(), options.id);
    if (held.replicas == 0) break;
    if (held.replicas != told) say(fmt::format("Broker {} still holds {} replica(s)", options.id, told = held.replicas));
    if (held.replicas == static_cast<int>(held.stuck.size())) {
      return complain(
          {ErrorCode::kInvalidReplicationFactor,
           fmt::format("nobody can take over {} replica(s) of broker {}, as every other broker has one: {}{}. Add a broker with `{}`; "
                       "the order stands, and goes on by itself then",
                       held.stuck.size(), options.id, held.stuck.front(), held.stuck.size() > 1 ? " and others" : "",
                       session.next("add-broker"))});
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return complain({ErrorCode::kRequestTimedOut,
                       fmt::format("broker {} still holds {} replica(s) after {} s; the order stands, and goes on by itself", options.id,
                                   held.replicas, options.timeout_s)});
    }
  }
  std::printf("Broker %d holds nothing any more: stop it with: %s\n", options.id,
              session.next(fmt::format("kill {} -s TERM", options.id)).c_str());
  return kOk;
}

int order(const Session& session, const Options& options, control::Maintenance what) {
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    control::Request request;
    request.mutable_order_broker()->set_id(options.id);
    request.mutable_order_broker()->set_order(what);
    Result<control::Response> answer = cluster::ask_controller(cluster.description(), request, client::after(kAtMost));
    if (!answer && answer.error().code == ErrorCode::kBrokerIdNotRegistered) {
      return complain(
          {answer.error().code, fmt::format("there is no broker {} in this cluster: see `{}`", options.id, session.next("status"))});
    }
    if (!answer) return complain(answer.error());
    if (what == control::DRAIN) return wait_until_drained(session, cluster, options);
    if (what == control::DECOMMISSION) return wait_until_empty(session, cluster, options);
    std::printf("Broker %d may lead again.\n", options.id);
    return kOk;
  });
}

// Stopping a broker in good order does to ISRs what its death would do; leaders move without a gap.
int safe_to_stop(const Session& session, const Options& options) {
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    if (cluster.description().broker(options.id) == nullptr) {
      return complain(
          {ErrorCode::kInvalidRequest, fmt::format("there is no broker {} in this cluster: see `{}`", options.id, session.next("status"))});
    }
    Result<control::Fates> fates = cluster::ask_fates(cluster, {options.id});
    if (!fates) return complain(fates.error());
    const cluster::Prediction prediction = cluster::predict(cluster.state(), *fates);
    if (prediction.harmless()) {
      std::printf("Yes: without broker %d every partition still has a leader and enough in-sync replicas.\n", options.id);
      return kOk;
    }
    std::printf("No: without broker %d\n", options.id);
    for (const control::Fate* fate : prediction.offline)
      std::printf("  %s-%d would have no leader\n", fate->topic().c_str(), fate->before().index());
    for (const control::Fate* fate : prediction.under_minimum) {
      if (fate->after().leader() < 0) continue;
      std::printf("  %s-%d would have %d in-sync replica(s), below its minimum of %d\n", fate->topic().c_str(), fate->before().index(),
                  fate->after().isr_size(), fate->minimum());
    }
    return kUnhealthy;
  });
}

CLI::App* add(CLI::App* broker, Session& session, const std::shared_ptr<Options>& options, const std::string& name,
              const std::string& description) {
  CLI::App* command = add_command(*broker, session, name, description);
  command->add_option("broker", options->id, "The broker's id")->required();
  return command;
}

}  // namespace

void add_broker(CLI::App& program, Session& session) {
  CLI::App* broker = program.add_subcommand("broker", "Orders about one broker, which stand until they are taken back");
  broker->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* command = add(broker, session, options, "drain", "Move its leaderships to others, and let it take none");
  command->add_option("--timeout", options->timeout_s, "Seconds to wait until it is drained")->capture_default_str();
  command->callback([&session, options] { session.exit_code = order(session, *options, control::DRAIN); });
  command = add(broker, session, options, "decommission", "Drain it, and move its replicas to others");
  command->add_option("--timeout", options->timeout_s, "Seconds to wait until it is empty")->capture_default_str();
  command->callback([&session, options] { session.exit_code = order(session, *options, control::DECOMMISSION); });
  command = add(broker, session, options, "undrain", "Take a drain or a decommission back: it may lead again");
  command->callback([&session, options] { session.exit_code = order(session, *options, control::NONE); });
  command = add(broker, session, options, "safe-to-stop", "Would every partition go on without it? Yes, or which would not");
  command->callback([&session, options] { session.exit_code = safe_to_stop(session, *options); });
}

}  // namespace baton::commands
