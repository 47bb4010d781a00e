#include "tests/simulation/witness.h"

#include <fmt/ranges.h>

#include <cstdlib>

#include "controller/coordination/paths.h"

namespace baton::simulation {
namespace {

int id_of(const std::string& path) {
  return std::atoi(path.c_str() + path.rfind('/') + 1);
}

std::string list(const google::protobuf::RepeatedField<int32_t>& ids) {
  return fmt::format("{}", fmt::join(ids, ","));
}

// "t" of /metadata/topics/t; empty: another path.
std::string below(const std::string& path, const std::string& parent) {
  return path.size() > parent.size() + 1 && path.compare(0, parent.size() + 1, parent + "/") == 0 ? path.substr(parent.size() + 1) : "";
}

}  // namespace

Witness::Witness(DataCluster& data) : data_(data) {
  Cluster& cluster = data.cluster;
  cluster.on_write = [this, also = cluster.on_write](int process, const store::Multi& multi) {
    if (also) also(process, multi);
    written(process, multi);
  };
  cluster.on_page = [this, also = cluster.on_page](const std::string& topic_id, const control::Partition& before,
                                                   const control::Partition& after) {
    also(topic_id, before, after);
    if (before.partition_epoch() != after.partition_epoch()) say("  stored: " + describe(topic_id, after));
  };
  cluster.on_leader = [this, also = cluster.on_leader](int id, const control::Role& role) {
    if (also) also(id, role);
    once(fmt::format("broker {} leads {}-{}, epoch {}", id, role.topic(), role.state().index(), role.state().leader_epoch()));
  };
  cluster.network->told = [this, also = cluster.network->told](int from, int to, const control::Frame& frame) {
    also(from, to, frame);
    told(from, to, frame);
  };
}

std::string Witness::describe(const std::string& topic_id, const control::Partition& state) {
  const std::string leader = state.leader() == -1 ? "led by nobody" : fmt::format("led by {}", state.leader());
  return fmt::format("{}: {}, epoch {}; in sync {} of {}", name(topic_id, state.index()), leader, state.leader_epoch(), list(state.isr()),
                     list(state.replicas()));
}

std::string Witness::name(const std::string& topic_id, int index) {
  for (const std::string& topic : data_.cluster.topics()) {
    control::TopicEntry entry;
    const auto* node = data_.cluster.store->tree().find(paths::topic(topic));
    if (entry.ParseFromString(node->data) && entry.topic_id() == topic_id) return fmt::format("{}-{}", topic, index);
  }
  return fmt::format("?-{}", index);
}

void Witness::once(const std::string& line) {
  if (said_.insert(line).second) say(line);
}

void Witness::written(int process, const store::Multi& multi) {
  for (const store::Op& op : multi.ops) {
    const auto* set = std::get_if<store::SetData>(&op);
    const auto* create = std::get_if<store::Create>(&op);
    if (set == nullptr && create == nullptr) continue;
    const std::string& path = set != nullptr ? set->path : create->path;
    const std::string& data = set != nullptr ? set->data : create->data;
    if (path == paths::kControllerEpoch && set != nullptr) say(fmt::format("broker {} becomes the controller, epoch {}", process, data));
    if (path == paths::kOrders) say(fmt::format("controller {} stores what it was ordered", process));
    if (!below(path, paths::kBrokerEpochs).empty()) registered(process, id_of(path), data);
    if (!below(path, paths::kBrokersRemoved).empty()) {
      say(fmt::format("controller {} notes: that life of broker {} is out of every partition", process, id_of(path)));
    }
    if (create != nullptr && !below(path, paths::kTopics).empty()) say("topic " + below(path, paths::kTopics) + " is there");
  }
}

void Witness::registered(int process, int id, const std::string& data) {
  control::Registration record;
  if (!record.ParseFromString(data)) return;
  if (record.life() == control::Registration::LIVE) return say(fmt::format("broker {} registers", id));
  say(fmt::format("controller {} notes: broker {} is dead, by {}", process, id,
                  record.life() == control::Registration::TOMBSTONE_PROVEN ? "proof" : "silence"));
}

void Witness::told(int from, int to, const control::Frame& frame) {
  for (const control::Yielding& asked : frame.yield().partitions()) {
    say(fmt::format("controller {} asks broker {} to hand over {}", from, to, name(asked.topic_id(), asked.partition())));
  }
  for (const control::Stopped& word : frame.request().stopped_leading().partitions()) gave_word(from, word);
  if (frame.delta().snapshot()) return;
  for (const control::LeaderChange& change : frame.delta().leader_changes()) {
    const std::string partition = name(change.topic_id(), change.partition());
    if (!causes_.emplace(partition, change.leader_epoch()).second) continue;
    say(fmt::format("controller {} tells all: {} leads {}, because {}", from,
                    change.leader() == -1 ? "nobody" : fmt::format("broker {}", change.leader()), partition, change.cause()));
  }
}

void Witness::gave_word(int from, const control::Stopped& word) {
  std::set<int> holders;
  for (const control::IsrMember& member : word.caught_up()) holders.insert(member.id());
  const std::string all =
      holders.empty() ? "nobody else has" : fmt::format("{} {}", fmt::join(holders, ","), holders.size() == 1 ? "has" : "have");
  once(fmt::format("broker {} has stopped leading {}, epoch {}: it ends at {}, and {} all of it", from,
                   name(word.topic_id(), word.partition()), word.leader_epoch(), word.end_offset(), all));
}

}  // namespace baton::simulation
