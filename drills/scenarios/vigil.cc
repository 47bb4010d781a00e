#include "drills/scenarios/vigil.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "cli/client/control_client.h"

namespace baton::drills {

void Signs::look(const control::Status& status) {
  ++looks_;
  int64_t lease = status.lease_remaining_ms();
  shortest_lease_ms_ = shortest_lease_ms_ < 0 ? lease : std::min(shortest_lease_ms_, lease);
  look_at_brokers(status);
  look_at_partitions(status);
  look_at_failovers(status);
  // A node that has lost its controller names none for a moment; only another one, or a later epoch, is a sign.
  if (status.controller_id() < 0) return;
  if (controller_ < 0) {
    controller_ = status.controller_id();
    controller_epoch_ = status.controller_epoch();
  }
  if (status.controller_epoch() > controller_epoch_) {
    found_.insert(fmt::format("controller {} (epoch {}) took over from {} (epoch {})", status.controller_id(), status.controller_epoch(),
                              controller_, controller_epoch_));
  }
}

void Signs::look_at_brokers(const control::Status& status) {
  for (const control::Broker& broker : status.brokers()) {
    auto [at, fresh] = broker_epochs_.try_emplace(broker.id(), broker.epoch());
    if (!broker.live()) found_.insert(fmt::format("broker {} (epoch {}) was declared dead", broker.id(), broker.epoch()));
    if (!fresh && broker.epoch() > at->second) {
      found_.insert(fmt::format("broker {} had to register again (epoch {} -> {})", broker.id(), at->second, broker.epoch()));
    }
  }
}

void Signs::look_at_partitions(const control::Status& status) {
  std::map<std::string, std::string> names;
  for (const control::Topic& topic : status.topics()) names[topic.topic_id()] = topic.name();
  for (const control::PartitionOf& entry : status.partitions()) {
    const control::Partition& state = entry.state();
    Seen now{state.leader(), state.leader_epoch(), state.partition_epoch()};
    auto [at, fresh] = partitions_.try_emplace(fmt::format("{}/{}", entry.topic_id(), state.index()), now);
    std::string name = fmt::format("{}-{}", names[entry.topic_id()], state.index());
    if (state.isr_size() < state.replicas_size()) {
      found_.insert(fmt::format("{} lost a member of its ISR (partition epoch {})", name, state.partition_epoch()));
    }
    // What a node has not heard yet is an older state, and no sign.
    if (fresh || now.partition_epoch <= at->second.partition_epoch || now == at->second) continue;
    found_.insert(fmt::format("{} moved: leader {} at epoch {}, partition epoch {} -> leader {} at epoch {}, partition epoch {}", name,
                              at->second.leader, at->second.leader_epoch, at->second.partition_epoch, now.leader, now.leader_epoch,
                              now.partition_epoch));
  }
}

void Signs::look_at_failovers(const control::Status& status) {
  for (const control::FailoverStage& stage : status.recent()) {
    if (stage.boottime_ns() < since_.ns) continue;
    found_.insert(fmt::format("a failover of broker {}: {}{}{}", stage.broker_id(), stage.stage(), stage.detail().empty() ? "" : " by ",
                              stage.detail()));
  }
}

size_t Vigil::look(std::chrono::milliseconds at_most) {
  client::Deadline deadline = client::after(at_most);
  std::vector<std::future<Result<control::Status>>> answers;
  for (const cluster::BrokerEntry* entry : cluster_.description().processes()) {
    client::Address address{"127.0.0.1", entry->control_port};
    answers.push_back(std::async(std::launch::async, [address, deadline] { return client::query_status(address, deadline); }));
  }
  size_t silent = 0;
  for (auto& pending : answers) {
    Result<control::Status> answer = pending.get();
    if (answer) signs_.look(*answer);
    silent += !answer;
  }
  return silent;
}

}  // namespace baton::drills
