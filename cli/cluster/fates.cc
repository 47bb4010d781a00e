#include "cli/cluster/fates.h"

#include <nlohmann/json.hpp>

#include "cli/cluster/controller_request.h"

namespace baton::cluster {
namespace {

constexpr std::chrono::seconds kAtMost(10);

using json = nlohmann::ordered_json;

json to_json(const control::Partition& state) {
  return {{"leader", state.leader()},
          {"isr", std::vector<int>(state.isr().begin(), state.isr().end())},
          {"eligible", std::vector<int>(state.eligible().begin(), state.eligible().end())}};
}

json names(const std::vector<const control::Fate*>& fates) {
  json list = json::array();
  for (const control::Fate* fate : fates) list.push_back(fate->topic() + "-" + std::to_string(fate->before().index()));
  return list;
}

}  // namespace

Result<control::Fates> ask_fates(const Cluster& cluster, const std::vector<int>& dead) {
  control::Request request;
  for (int id : dead) request.mutable_what_if()->add_dead(id);
  request.mutable_what_if();
  Result<control::Response> answer = ask_controller(cluster.description(), request, client::after(kAtMost));
  if (!answer) return tl::unexpected(answer.error());
  return std::move(*answer->mutable_fates());
}

Prediction predict(const ClusterState& now, const control::Fates& fates) {
  Prediction prediction;
  prediction.fates = &fates;
  for (const BrokerState& broker : now.brokers) prediction.leaders[broker.id] = {};
  for (const PartitionState& partition : now.partitions) {
    if (partition.leader < 0) continue;
    ++prediction.leaders[partition.leader].now;
    ++prediction.leaders[partition.leader].then;
  }
  for (const control::Fate& fate : fates.partitions()) {
    const control::Partition& before = fate.before();
    const control::Partition& after = fate.after();
    prediction.shrunk += after.isr_size() < before.isr_size();
    if (after.leader() != before.leader()) {
      if (before.leader() >= 0) --prediction.leaders[before.leader()].then;
      if (after.leader() >= 0) ++prediction.leaders[after.leader()].then;
      prediction.moved += after.leader() >= 0;
    }
    if (after.leader() < 0 && before.leader() >= 0) prediction.offline.push_back(&fate);
    if (after.isr_size() < fate.minimum() && before.isr_size() >= fate.minimum()) prediction.under_minimum.push_back(&fate);
  }
  return prediction;
}

std::string to_json(const Prediction& prediction) {
  json leaders = json::array(), partitions = json::array();
  for (const auto& [id, counts] : prediction.leaders) leaders.push_back({{"broker", id}, {"now", counts.now}, {"then", counts.then}});
  for (const control::Fate& fate : prediction.fates->partitions()) {
    partitions.push_back({{"topic", fate.topic()},
                          {"partition", fate.before().index()},
                          {"minimum", fate.minimum()},
                          {"before", to_json(fate.before())},
                          {"after", to_json(fate.after())}});
  }
  json whole = {{"harmless", prediction.harmless()},
                {"moved", prediction.moved},
                {"shrunk", prediction.shrunk},
                {"offline", names(prediction.offline)},
                {"under_minimum", names(prediction.under_minimum)},
                {"leaders", leaders},
                {"partitions", partitions}};
  return whole.dump(2);
}

}  // namespace baton::cluster
