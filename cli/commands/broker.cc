// baton broker: orders about one broker that stand until they are taken back, over restarts and changes of controller.
#include <fmt/format.h>

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
  command = add(broker, session, options, "undrain", "Take a drain back: it may lead again");
  command->callback([&session, options] { session.exit_code = order(session, *options, control::NONE); });
  command = add(broker, session, options, "safe-to-stop", "Would every partition go on without it? Yes, or which would not");
  command->callback([&session, options] { session.exit_code = safe_to_stop(session, *options); });
}

}  // namespace baton::commands
