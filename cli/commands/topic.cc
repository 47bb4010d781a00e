// baton topic: create, list, describe, delete. describe prints Kafka's own line, tab-separated.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <map>
#include <sstream>
#include <thread>

#include "base/properties.h"
#include "base/uuid.h"
#include "cli/client/topic_admin.h"
#include "cli/client/topic_progress.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

struct CreateOptions {
  client::NewTopic topic;
  std::vector<std::string> configs;
  std::string assignment, bootstrap;
  bool if_not_exists = false;
};

struct DescribeOptions {
  std::vector<std::string> names;
  bool under_replicated = false, unavailable = false, under_min_isr = false, at_min_isr = false;

  bool filtered() const { return under_replicated || unavailable || under_min_isr || at_min_isr; }
};

client::Deadline soon() {
  return client::after(std::chrono::seconds(20));
}

// Kafka's way: partitions separated by commas, replicas by colons.
Result<std::vector<std::vector<int>>> parse_assignment(const std::string& text) {
  std::vector<std::vector<int>> assignment;
  std::stringstream partitions(text);
  for (std::string one; std::getline(partitions, one, ',');) {
    std::vector<int>& replicas = assignment.emplace_back();
    std::stringstream ids(one);
    for (std::string id; std::getline(ids, id, ':');) {
      if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos) {
        return fail(ErrorCode::kInvalidReplicaAssignment, "--replica-assignment takes 1:2:3,2:3:1: a list of replicas for each partition");
      }
      replicas.push_back(std::stoi(id));
    }
  }
  return assignment;
}

// Creates it; what takes longer than a second says how far it is. Done when every leader serves its partitions: a large topic is
// known long before all its logs are there.
Status create_and_watch(const std::string& bootstrap, const client::NewTopic& topic) {
  constexpr auto kLook = std::chrono::seconds(1);
  constexpr auto kStandstill = std::chrono::seconds(30);
  const client::Deadline deadline = client::after(std::chrono::minutes(5));
  auto creation = std::async(std::launch::async, [&] { return client::create_topic(bootstrap, topic, deadline); });
  client::TopicProgress seen;
  client::Deadline patience = client::after(kStandstill);
  const client::Deadline silent_until = client::after(kLook);
  auto say = [&](const client::TopicProgress& now) {
    if (now.partitions == seen.partitions && now.serving == seen.serving) return;
    seen = now;
    patience = client::after(kStandstill);
    if (std::chrono::steady_clock::now() < silent_until) return;
    std::fprintf(stderr, "%d of %d partitions have a leader that serves them\n", seen.serving, seen.partitions);
  };
  while (creation.wait_for(kLook) != std::future_status::ready) {
    if (auto progress = client::topic_progress(bootstrap, topic.name, soon())) say(*progress);
  }
  if (Status created = creation.get(); !created) return created;
  patience = client::after(kStandstill);
  while (std::chrono::steady_clock::now() < patience) {
    auto progress = client::topic_progress(bootstrap, topic.name, soon());
    if (progress && progress->serving == progress->partitions && progress->partitions > 0) {
      say(*progress);
      return {};
    }
    if (progress) say(*progress);
    std::this_thread::sleep_for(progress && progress->partitions < 100 ? kLook / 50 : kLook / 4);
  }
  return fail(ErrorCode::kRequestTimedOut,
              topic.name + " is created, but not all of its partitions are served: see `baton topic describe`");
}

int create(const std::string& bootstrap, CreateOptions& options) {
  for (const std::string& text : options.configs) {
    auto config = parse_override(text);
    if (!config) return complain(config.error());
    options.topic.configs.insert(*config);
  }
  Result<std::vector<std::vector<int>>> assignment = parse_assignment(options.assignment);
  if (!assignment) return complain(assignment.error());
  options.topic.assignment = *assignment;
  Status created = create_and_watch(bootstrap, options.topic);
  if (!created && !(options.if_not_exists && created.error().code == ErrorCode::kTopicAlreadyExists)) return complain(created.error());
  std::printf("%s topic %s.\n", created ? "Created" : "There is already a", options.topic.name.c_str());
  return kOk;
}

int remove(cluster::Cluster& cluster, const std::vector<std::string>& names, bool if_exists) {
  int code = kOk;
  for (const std::string& name : names) {
    Status deleted = client::delete_topic(cluster.description().bootstrap(), name, soon());
    if (!deleted && !(if_exists && deleted.error().code == ErrorCode::kUnknownTopicOrPartition)) {
      code = complain(deleted.error());
    } else if (deleted) {
      std::printf("Deleted topic %s.\n", name.c_str());
    }
  }
  return code;
}

Result<control::Status> ask(const cluster::Cluster& cluster) {
  std::optional<control::Status> answer = cluster.ask();
  if (!answer) return fail(ErrorCode::kBrokerNotAvailable, "no broker answers: see `baton status`, or start the cluster with `baton up`");
  return *answer;
}

int list(cluster::Cluster& cluster) {
  Result<control::Status> answer = ask(cluster);
  if (!answer) return complain(answer.error());
  std::map<std::string, bool> names;
  for (const control::Topic& topic : answer->topics()) names[topic.name()];
  for (const auto& [name, unused] : names) std::printf("%s\n", name.c_str());
  return kOk;
}

bool chosen(const cluster::PartitionState& partition, const DescribeOptions& options) {
  int isr = static_cast<int>(partition.isr.size());
  if (!options.filtered()) return true;
  return (options.under_replicated && partition.isr.size() < partition.replicas.size()) || (options.unavailable && partition.leader < 0) ||
         (options.under_min_isr && isr < partition.min_insync_replicas) || (options.at_min_isr && isr == partition.min_insync_replicas);
}

void print_topic_line(const control::Topic& topic, const std::vector<const cluster::PartitionState*>& partitions) {
  std::string configs;
  std::map<std::string, std::string> sorted(topic.configs().begin(), topic.configs().end());
  for (const auto& [key, value] : sorted) configs.append(configs.empty() ? "" : ",").append(key).append("=").append(value);
  size_t replicas = partitions.empty() ? 0 : partitions.front()->replicas.size();
  std::printf("Topic: %s\tTopicId: %s\tPartitionCount: %zu\tReplicationFactor: %zu\tConfigs: %s\n", topic.name().c_str(),
              Uuid::from_bytes(topic.topic_id()).to_string().c_str(), partitions.size(), replicas, configs.c_str());
}

std::string plain(const std::vector<int>& ids) {
  return ids.empty() ? "" : join(ids);
}

int describe(cluster::Cluster& cluster, const DescribeOptions& options) {
  Result<control::Status> answer = ask(cluster);
  if (!answer) return complain(answer.error());
  cluster::ClusterState state = cluster::state_of(cluster.description(), *answer);
  std::map<std::string, const control::Topic*> topics;
  for (const control::Topic& topic : answer->topics()) topics[topic.name()] = &topic;
  int code = kOk;
  for (const std::string& name : options.names) {
    if (!topics.contains(name)) code = complain({ErrorCode::kUnknownTopicOrPartition, "there is no topic " + name});
  }
  for (const auto& [name, topic] : topics) {
    if (!options.names.empty() && std::find(options.names.begin(), options.names.end(), name) == options.names.end()) continue;
    std::vector<const cluster::PartitionState*> partitions;
    for (const cluster::PartitionState& partition : state.partitions) {
      if (partition.topic == name) partitions.push_back(&partition);
    }
    if (!options.filtered()) print_topic_line(*topic, partitions);
    for (const cluster::PartitionState* partition : partitions) {
      if (!chosen(*partition, options)) continue;
      std::string why = partition->leader < 0 ? "\t" + state.why_leaderless(*partition) : "";
      std::printf("\tTopic: %s\tPartition: %d\tLeader: %s\tReplicas: %s\tIsr: %s%s\n", name.c_str(), partition->partition,
                  partition->leader < 0 ? "none" : std::to_string(partition->leader).c_str(), plain(partition->replicas).c_str(),
                  plain(partition->isr).c_str(), why.c_str());
    }
  }
  return code;
}

void add_create(CLI::App& topic, Session& session) {
  CLI::App* command = add_command(topic, session, "create", "Create a topic");
  auto options = std::make_shared<CreateOptions>();
  command->add_option("name", options->topic.name)->required();
  command->add_option("-p,--partitions", options->topic.partitions, "How many; the cluster's default unless given");
  command->add_option("-r,--replication-factor", options->topic.replication_factor, "Replicas of each; the cluster's default unless given");
  command->add_option("--replica-assignment", options->assignment,
                      "1:2:3,2:3:1: the replicas of each partition, the first preferred as leader");
  command->add_option("-c,--config", options->configs, "key=value; repeatable")->allow_extra_args(false);
  command->add_flag("--if-not-exists", options->if_not_exists, "An existing topic is no error");
  command->add_option("--bootstrap-server", options->bootstrap, "Another cluster than that of --dir");
  command->callback([&session, options] {
    if (!options->bootstrap.empty()) {
      session.exit_code = create(options->bootstrap, *options);
      return;
    }
    session.exit_code =
        with_cluster(session, [&](cluster::Cluster& cluster) { return create(cluster.description().bootstrap(), *options); });
  });
}

void add_delete(CLI::App& topic, Session& session) {
  CLI::App* command = add_command(topic, session, "delete", "Delete topics and their data");
  auto names = std::make_shared<std::vector<std::string>>();
  auto if_exists = std::make_shared<bool>(false);
  command->add_option("name", *names)->required();
  command->add_flag("--if-exists", *if_exists, "A missing topic is no error");
  command->callback([&session, names, if_exists] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return remove(cluster, *names, *if_exists); });
  });
}

void add_describe(CLI::App& topic, Session& session) {
  CLI::App* command = add_command(topic, session, "describe", "Show leaders, replicas and in-sync replicas");
  auto options = std::make_shared<DescribeOptions>();
  command->add_option("name", options->names, "All topics unless given");
  command->add_flag("--under-replicated-partitions", options->under_replicated);
  command->add_flag("--unavailable-partitions", options->unavailable);
  command->add_flag("--under-min-isr-partitions", options->under_min_isr);
  command->add_flag("--at-min-isr-partitions", options->at_min_isr);
  command->callback([&session, options] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return describe(cluster, *options); });
  });
}

}  // namespace

void add_topic(CLI::App& program, Session& session) {
  CLI::App* topic = program.add_subcommand("topic", "Create, list, describe and delete topics, and see them move");
  topic->require_subcommand(1);
  add_create(*topic, session);
  CLI::App* lists = add_command(*topic, session, "list", "Names, a line each");
  lists->callback([&session] { session.exit_code = with_cluster(session, list); });
  add_describe(*topic, session);
  add_delete(*topic, session);
  add_topic_reassignments(*topic, session);
}

}  // namespace baton::commands
