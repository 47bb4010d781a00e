// baton leader explain and history: why a partition is led by whom it is led.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>

#include "cli/cluster/controller_request.h"
#include "cli/commands/command.h"
#include "cli/commands/partition_name.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

constexpr std::chrono::seconds kAtMost(10);

std::string when(int64_t wall_ms) {
  const std::time_t seconds = static_cast<std::time_t>(wall_ms / 1000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::localtime(seconds), wall_ms % 1000);
}

std::string broker(int id) {
  return id < 0 ? "nobody" : fmt::format("broker {}", id);
}

Result<control::Response> ask(cluster::Cluster& cluster, control::Request request) {
  return cluster::ask_controller(cluster.description(), request, client::after(kAtMost));
}

// The last change on record, of the leader epoch that stands: older ones may have been forgotten.
const control::LeaderChange* last_of(const control::History& history, int leader_epoch) {
  if (history.changes().empty()) return nullptr;
  const control::LeaderChange& last = history.changes(history.changes_size() - 1);
  return last.leader_epoch() == leader_epoch ? &last : nullptr;
}

std::vector<int> ids(const google::protobuf::RepeatedField<int32_t>& field) {
  return {field.begin(), field.end()};
}

int explain(const Session& session, const std::string& text) {
  Result<control::PartitionName> name = parse_partition(text);
  if (!name) return complain(name.error());
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    control::Request why, before;
    *why.mutable_explain() = *name;
    *before.mutable_query_history() = *name;
    Result<control::Response> told = ask(cluster, why);
    if (!told && told.error().code == ErrorCode::kUnknownTopicOrPartition) {
      return complain({told.error().code, fmt::format("there is no partition {}: see `{}`", text, session.next("topic list"))});
    }
    if (!told) return complain(told.error());
    Result<control::Response> history = ask(cluster, before);
    if (!history) return complain(history.error());
    const control::Partition& state = told->explanation().state();
    std::printf("%s: %s leads, leader epoch %d\n", text.c_str(), broker(state.leader()).c_str(), state.leader_epoch());
    if (const auto* last = last_of(history->history(), state.leader_epoch())) {
      std::printf("  since %s, controller epoch %d: %s\n", when(last->wall_ms()).c_str(), last->controller_epoch(), last->cause().c_str());
    } else if (state.leader_epoch() == 0) {
      std::printf("  since it was created\n");
    } else {
      std::printf("  since before anything that the cluster remembers\n");
    }
    std::printf("  replicas %s, in sync %s (at least %d for acks=all)%s\n", join(ids(state.replicas())).c_str(),
                join(ids(state.isr())).c_str(), told->explanation().min_insync_replicas(),
                state.eligible().empty() ? "" : fmt::format(", eligible beside them {}", join(ids(state.eligible()))).c_str());
    if (!told->explanation().order().empty()) std::printf("  ordered: %s\n", told->explanation().order().c_str());
    for (const control::ReplicaWord& replica : told->explanation().replicas()) {
      std::printf("  broker %d %s\n", replica.id(), replica.standing().c_str());
    }
    return state.leader() < 0 ? kUnhealthy : kOk;
  });
}

int history(const Session& session, const std::string& text) {
  Result<control::PartitionName> name = parse_partition(text);
  if (!name) return complain(name.error());
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    control::Request request;
    *request.mutable_query_history() = *name;
    Result<control::Response> told = ask(cluster, request);
    if (!told) return complain(told.error());
    std::vector<std::vector<std::string>> rows = {{"WHEN", "LEADER EPOCH", "LEADER", "BEFORE", "CONTROLLER EPOCH", "WHY"}};
    for (const control::LeaderChange& change : told->history().changes()) {
      rows.push_back({when(change.wall_ms()), std::to_string(change.leader_epoch()), broker(change.leader()), broker(change.former()),
                      std::to_string(change.controller_epoch()), change.cause()});
    }
    std::printf("%s", rows.size() == 1 ? "No change of its leader is remembered.\n" : render_table(rows).c_str());
    return kOk;
  });
}

}  // namespace

void add_leader_why(CLI::App& leader, Session& session) {
  auto partition = std::make_shared<std::string>();
  CLI::App* command = add_command(leader, session, "explain", "Why this broker leads, and why each other replica does not");
  command->add_option("partition", *partition, "TOPIC-NUMBER")->required();
  command->callback([&session, partition] { session.exit_code = explain(session, *partition); });
  command = add_command(leader, session, "history", "Who has led it, since when, and why");
  command->add_option("partition", *partition, "TOPIC-NUMBER")->required();
  command->callback([&session, partition] { session.exit_code = history(session, *partition); });
}

}  // namespace baton::commands
