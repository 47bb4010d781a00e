#include "tests/simulation/cluster.h"

#include <algorithm>

#include "base/mutants.h"
#include "controller/agent/image.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"
#include "controller/runtime/page_form.h"
#include "tests/simulation/stored_pages.h"

namespace baton::simulation {

using std::chrono::milliseconds;

void RoleKeeper::event(Instant, const control::Event& event) {
  if (on_event) on_event(event);
  if (event.has_roles()) {
    for (const control::Role& role : event.roles().roles()) {
      const Key key{TopicId(Uuid::from_bytes(role.topic_id())), role.state().index()};
      if (role.kind() == control::Role::LEAD) {
        leading_[key] = {role.state()};
      } else {
        leading_.erase(key);
      }
      if (on_role) on_role(role);
    }
    if (event.roles().complete()) {
      std::map<Key, Leading> named;
      for (const control::Role& role : event.roles().roles()) {
        const Key key{TopicId(Uuid::from_bytes(role.topic_id())), role.state().index()};
        if (auto found = leading_.find(key); found != leading_.end()) named.insert(*found);
      }
      leading_ = std::move(named);
    }
  }
  if (event.has_stop()) {
    leading_.clear();
    stopped();
  }
  if (event.has_response()) responses[event.response().correlation()] = event.response();
}

Cluster::Cluster(ClusterOptions given) : options(std::move(given)), latencies_(options.seed * 3 + 1), identities_(options.seed * 3 + 2) {
  network = std::make_unique<Network>(scheduler, links, latencies_);
  store = std::make_unique<SimStore>(scheduler, links, latencies_, options.session_timeout);
  store->observe([this](int id, const store::Multi& multi, const store::Reply& reply) { check_write(id, multi, reply); });
  network->told = [this](int from, int to, const control::Frame& frame) { check_told(from, to, frame); };
  network->ruled = [this](int to, const std::string& opened_by) {
    if (!process(to).running()) return;
    invariants.check("ControlOfOneLife", process(to).incarnation().raw() == opened_by, scheduler.now(),
                     [&] { return fmt::format("{} is told something on a stream of its former life", to); });
  };
  for (int id = 1; id <= options.brokers + options.controllers; ++id) {
    machines_[id] = {1, Uuid::random(identities_), identities_.next()};
    processes_[id] = std::make_unique<SimProcess>(id, SimProcess::World{scheduler, *store, *network}, identities_.next());
  }
}

node::NodeConfig Cluster::config(int id) const {
  node::NodeConfig config;
  config.agent.broker = id <= options.brokers;
  config.candidate = options.controllers == 0 || !config.agent.broker;
  if (auto given = options.priorities.find(id); given != options.priorities.end()) config.priority = given->second;
  config.election = elections.contains(id) ? elections.at(id) : options.election;
  const int first = options.controllers == 0 ? 1 : options.brokers + 1;
  for (int voter = first; voter <= options.brokers + options.controllers; ++voter)
    config.voters.push_back({BrokerId(voter), Network::host_of(voter), 9000 + voter});
  config.agent.cluster_id = known_cluster;
  config.agent.metadata_version = version(id);
  config.controller.level_moment = 2 * options.control_timeout;
  config.agent.session_timeout = options.session_timeout;
  config.agent.lease = options.lease;
  config.agent.lease_renew = options.lease_renew;
  config.agent.control_timeout = options.control_timeout;
  config.controller.membership = {options.control_timeout, milliseconds(100), options.lease, options.lease / 20};
  config.controller.default_min_insync_replicas = options.min_insync_replicas;
  config.controller.commit_flush_policy = options.commit_flush_policy;
  config.controller.balance = options.balance;
  if (auto rack = options.racks.find(id); rack != options.racks.end()) config.agent.rack = rack->second;
  config.controller.bulk_from = options.bulk_from;
  config.controller.partitions_per_write = options.partitions_per_write;
  config.controller.default_replication_factor = std::min(3, options.brokers);
  return config;
}

void Cluster::start(int id) {
  auto host = options.host ? options.host(id) : std::make_unique<RoleKeeper>();
  auto& keeper = static_cast<RoleKeeper&>(*host);
  keeper.on_role = [this, id](const control::Role& role) { check_role(id, role); };
  keeper.on_event = [this, id](const control::Event& event) { check_event(id, event); };
  heard_[id] = ControllerEpoch();
  stopped_.erase(id);
  running_versions_[id] = version(id);
  process(id).start(machines_.at(id), config(id), std::move(host));
}

void Cluster::start_all() {
  for (auto& [id, each] : processes_) {
    if (!each->alive()) start(id);
  }
}

void Cluster::reboot(int id) {
  kill(id);
  ++machines_.at(id).boot;
}

void Cluster::replace_disk(int id) {
  kill(id);
  machines_.at(id) = {machines_.at(id).boot + 1, Uuid::random(identities_), identities_.next()};
}

void Cluster::run_for(Duration time) {
  const Instant until = scheduler.now() + time;
  scheduler.run_until(until, [this] { after_event(); });
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration limit) {
  const Instant until = scheduler.now() + limit;
  while (scheduler.now() < until && !invariants.violation()) {
    if (condition()) return true;
    run_for(milliseconds(5));
  }
  return condition();
}

void Cluster::create_topic(const std::string& name, int partitions, const std::vector<int>& replicas) {
  control::Request request;
  request.set_correlation(++correlation_);
  control::NewTopic& topic = *request.mutable_create_topics()->add_topics();
  topic.set_name(name);
  topic.set_partitions(partitions);
  topic.set_replication_factor(-1);
  for (int i = 0; i < partitions && !replicas.empty(); ++i) {
    control::Assignment& assignment = *topic.add_assignments();
    assignment.set_partition(i);
    assignment.mutable_replicas()->Assign(replicas.begin(), replicas.end());
  }
  for (auto& [id, each] : processes_) {
    if (each->running()) return each->host()->submit(request);
  }
}

void Cluster::delete_topic(const std::string& name) {
  control::Request request;
  request.set_correlation(++correlation_);
  request.mutable_delete_topics()->add_topics()->set_name(name);
  for (auto& [id, each] : processes_) {
    if (each->running()) return each->host()->submit(request);
  }
}

void Cluster::set_config(const std::string& topic, const std::string& key, const std::string& value) {
  control::Request request;
  request.set_correlation(++correlation_);
  control::ConfigChange& change = *request.mutable_change_configs()->add_resources();
  change.mutable_resource()->set_type(2);
  change.mutable_resource()->set_name(topic);
  change.add_ops()->set_key(key);
  change.mutable_ops(0)->set_value(value);
  for (auto& [id, each] : processes_) {
    if (each->running()) return each->host()->submit(request);
  }
}

uint64_t Cluster::transfer(int to) {
  control::Request request;
  request.set_correlation(++correlation_);
  request.mutable_transfer_controller();
  if (to > 0) request.mutable_transfer_controller()->set_to(to);
  for (auto& [id, each] : processes_) {
    if (!each->running()) continue;
    each->host()->submit(request);
    break;
  }
  return correlation_;
}

int Cluster::ruler() {
  const auto* node = store->tree().find(paths::kControllerEpoch);
  if (node == nullptr) return 0;
  for (auto& [id, each] : processes_) {
    if (each->running() && each->node()->controller() != nullptr && std::to_string(each->node()->ruling().value()) == node->data) return id;
  }
  return 0;
}

int Cluster::level() const {
  const auto* node = store->tree().find(paths::kMetadataVersion);
  return node == nullptr ? kMetadataSingles : metadata_level(node->data).value_or(-1);
}

int Cluster::version(int id) const {
  auto given = options.versions.find(id);
  return given == options.versions.end() ? kMetadataNewest : given->second;
}

const std::vector<std::string> Cluster::topics() {
  const auto* node = store->tree().find(paths::kTopics);
  if (node == nullptr) return {};
  return {node->children.begin(), node->children.end()};
}

const control::Partition* Cluster::partition(const std::string& topic, int index) {
  const auto* node = store->tree().find(paths::topic(topic));
  control::TopicEntry entry;
  if (node == nullptr || !entry.ParseFromString(node->data)) return nullptr;
  return state(entry.topic_id(), index);
}

const control::Partition* Cluster::state(const std::string& topic_id, int index) const {
  auto found = states_.find({topic_id, index});
  return found == states_.end() ? nullptr : &found->second;
}

bool Cluster::converged() {
  if (ruler() == 0) return false;
  size_t led = 0;
  size_t wanted = 0;
  for (const std::string& topic : topics()) {
    const auto* node = store->tree().find(paths::topic(topic));
    control::TopicEntry entry;
    if (!entry.ParseFromString(node->data)) return false;
    for (int index = 0; index < entry.partitions(); ++index) {
      auto found = states_.find({entry.topic_id(), index});
      if (found == states_.end()) return false;
      ++wanted;
      const int leader = found->second.leader();
      if (!processes_.contains(leader) || !process(leader).running()) return false;
      const auto& leading = host(leader).leading();
      auto own = leading.find({TopicId(Uuid::from_bytes(entry.topic_id())), index});
      if (own == leading.end() || own->second.state.leader_epoch() != found->second.leader_epoch()) return false;
      if (!everybody_knows(found->second, entry.topic_id())) return false;
    }
  }
  for (auto& [id, each] : processes_) {
    if (each->running()) led += host(id).leading().size();
  }
  return led == wanted;
}

// By an image that was told in whole or by pages, and all changes since (R7).
bool Cluster::everybody_knows(const control::Partition& state, const std::string& topic_id) {
  return std::all_of(processes_.begin(), processes_.end(), [&](const auto& each) {
    if (!each.second->running()) return true;
    const auto known = each.second->node()->image().find(TopicId(Uuid::from_bytes(topic_id)), PartitionIndex(state.index()));
    return known && node::to_message(*known).SerializeAsString() == state.SerializeAsString();
  });
}

// ---- invariants ----------------------------------------------------------------------------------------------------------

void Cluster::after_event() {
  const int64_t at[] = {scheduler.now().ns, static_cast<int64_t>(scheduler.events())};
  record({reinterpret_cast<const char*>(at), sizeof at});
  check_candidates();
  check_memory();
}

// FNV-1a.
void Cluster::record(std::string_view bytes) {
  for (const char byte : bytes) trace_ = (trace_ ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
}

void Cluster::check_write(int id, const store::Multi& multi, const store::Reply& reply) {
  record(fmt::format("{} writes {} operations: {}", id, multi.ops.size(), static_cast<int>(reply.error)));
  if (!reply.ok()) return;
  if (on_write) on_write(id, multi);
  bool controller_write = false;
  bool history = false;
  for (const store::Op& op : multi.ops) {
    const std::string& path = std::visit([](const auto& each) -> const std::string& { return each.path; }, op);
    const bool page = path.rfind(paths::kPages, 0) == 0 && path.size() > std::string(paths::kPages).size();
    const bool removed = path.rfind(paths::kBrokersRemoved, 0) == 0 && path.size() > std::string(paths::kBrokersRemoved).size();
    controller_write |= page || removed;
    history |= path == paths::kFailovers || path == paths::kLeaderChanges;
    record(path);
    if (path == paths::broker_epoch(BrokerId(id))) registered_at_[id] = scheduler.now();
    if (const auto* set = std::get_if<store::SetData>(&op)) {
      if (path == paths::kMetadataVersion) check_level(set->data);
      record(set->data);
      if (path == paths::kControllerEpoch) {
        const int32_t epoch = std::atoi(set->data.c_str());
        const std::pair<int, int> who{id, process(id).life()};
        invariants.check("OneControllerPerEpoch", !rulers_.contains(epoch) || rulers_[epoch] == who, scheduler.now(),
                         [&] { return fmt::format("epoch {} won by {} and by {}", epoch, rulers_[epoch].first, id); });
        invariants.check("ControllerEpochGrows", epoch > epoch_, scheduler.now(),
                         [&] { return fmt::format("{} after {}", epoch, epoch_); });
        rulers_[epoch] = who;
        epoch_ = epoch;
        memory_due_ = true;
      }
      if (page) check_page(path, set->data);
      if (removed) check_mark(path, set->data);
    } else if (const auto* create = std::get_if<store::Create>(&op)) {
      if (path == paths::kMetadataVersion) check_level(create->data);
      if (page) check_page(path, create->data);
      if (removed) check_mark(path, create->data);
    }
  }
  memory_due_ |= controller_write;
  if (controller_write || history) {
    const std::pair<int, int> who{id, process(id).life()};
    invariants.check("FencedStoreWrites", rulers_.contains(epoch_) && rulers_[epoch_] == who, scheduler.now(),
                     [&] { return fmt::format("process {} wrote under epoch {} of another", id, epoch_); });
  }
}

void Cluster::check_page(const std::string& path, const std::string& data) {
  control::Page page;
  invariants.check("PagesParse", page.ParseFromString(data), scheduler.now(), [&] { return path; });
  invariants.check("FormsAtTheirLevel", node::version_of(page) <= level(), scheduler.now(),
                   [&] { return fmt::format("{} is written in forms of version {} at level {}", path, node::version_of(page), level()); });
  std::set<std::pair<std::string, int32_t>> holds;
  const bool good = for_each_stored(page, [&](const control::PageTopic& topic, const control::Partition& state) {
    holds.emplace(topic.topic_id(), state.index());
    check_partition(topic, state);
  });
  invariants.check("PagesParse", good, scheduler.now(), [&] { return path; });
  for (const auto& gone : pages_[path]) {
    if (!holds.contains(gone)) states_.erase(gone);
  }
  pages_[path] = std::move(holds);
}

void Cluster::check_partition(const control::PageTopic& topic, const control::Partition& state) {
  auto has = [](const auto& ids, int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  auto what = [&] { return fmt::format("{}-{}: {}", topic.name(), state.index(), state.ShortDebugString()); };
  invariants.check("LeaderInIsr", state.leader() == -1 || has(state.isr(), state.leader()), scheduler.now(), what);
  bool within = true;
  for (int32_t id : state.isr()) within &= has(state.replicas(), id);
  for (int32_t id : state.eligible()) within &= has(state.replicas(), id) && !has(state.isr(), id);
  invariants.check("IsrWithinReplicas", within, scheduler.now(), what);
  auto former = states_.find({topic.topic_id(), state.index()});
  if (former != states_.end()) {
    const bool same = former->second.SerializeAsString() == state.SerializeAsString();
    const bool grows = state.partition_epoch() > former->second.partition_epoch() && state.leader_epoch() >= former->second.leader_epoch();
    const bool leader_kept = former->second.leader() == state.leader() || state.leader_epoch() > former->second.leader_epoch();
    invariants.check("EpochsGrow", same || (grows && leader_kept), scheduler.now(), what);
    if (!same) check_removals(topic.topic_id(), former->second, state);
    if (on_page) on_page(topic.topic_id(), former->second, state);
  }
  elected_by_.try_emplace({topic.topic_id(), state.index(), state.leader_epoch()}, epoch_);
  states_[{topic.topic_id(), state.index()}] = state;
}

void Cluster::check_role(int id, const control::Role& role) {
  const Instant now = scheduler.now();
  if (role.kind() != control::Role::LEAD && role.kind() != control::Role::FOLLOW) return;
  const auto* mark = store->tree().find(paths::broker_removed(BrokerId(id)));
  const auto* node = store->tree().find(paths::broker_epoch(BrokerId(id)));
  control::Registration registration;
  if (node != nullptr && registration.ParseFromString(node->data) && registration.incarnation() == process(id).incarnation().raw() &&
      !registration.predecessor().empty()) {
    control::RemovedMark removed;
    // The mark may have moved on to this very life: declared dead, it takes up old words, which its lease keeps harmless.
    const bool seen = mark != nullptr && removed.ParseFromString(mark->data) &&
                      (removed.incarnation() == registration.predecessor() || removed.incarnation() == registration.incarnation());
    invariants.check("BounceSeen", seen, now, [&] { return fmt::format("{} takes a role before its former life is removed", id); });
  }
  if (role.kind() != control::Role::LEAD) return;
  const std::tuple<std::string, int32_t, int32_t> epoch{role.topic_id(), role.state().index(), role.state().leader_epoch()};
  const std::pair<int, Incarnation> who{id, process(id).incarnation()};
  auto [at, fresh] = leaders_.try_emplace(epoch, who);
  invariants.check("OneLeaderPerEpoch", fresh || at->second == who, now, [&] {
    return fmt::format("{}-{} epoch {}: {} and {}", role.topic(), role.state().index(), role.state().leader_epoch(), at->second.first, id);
  });
  if (on_leader) on_leader(id, role);
  for (auto& [other, each] : processes_) {
    if (other == id || !each->alive()) continue;
    auto leading = host(other).leading().find({TopicId(Uuid::from_bytes(role.topic_id())), role.state().index()});
    const bool acting = leading != host(other).leading().end() && leading->second.state.leader_epoch() < role.state().leader_epoch() &&
                        host(other).lease_until() > now;
    invariants.check("StoppedBeforeSucceeded", !acting, now, [&, other = other] {
      return fmt::format("{} leads {}-{} at epoch {} while {} may still act", id, role.topic(), role.state().index(),
                         role.state().leader_epoch(), other);
    });
  }
}

// Nothing is told before it is stored: what a delta says is the stored state, or an older one.
void Cluster::check_told(int from, int to, const control::Frame& frame) {
  record(frame.SerializeAsString());
  check_forms(to, frame);
  if (frame.has_request() && frame.request().has_alter_isr()) check_asked(from, to, frame.request().alter_isr());
  for (const control::Stopped& word : frame.request().stopped_leading().partitions())
    words_.emplace(word.topic_id(), word.partition(), word.leader_epoch());
  for (const control::Stopped& word : frame.stream_hello().stopped())
    words_.emplace(word.topic_id(), word.partition(), word.leader_epoch());
  if (!frame.has_delta()) return;
  control::for_each_partition(frame.delta(), [this](const std::string& topic_id, const control::Partition& state) {
    auto stored = states_.find({topic_id, state.index()});
    const bool older = stored != states_.end() && stored->second.partition_epoch() > state.partition_epoch();
    const bool same = stored != states_.end() && stored->second.SerializeAsString() == state.SerializeAsString();
    invariants.check("MemoryEqualsStore", older || same, scheduler.now(), [&] { return state.ShortDebugString(); });
  });
}

// A leader talks only to a controller that is no older than the one that elected it.
void Cluster::check_asked(int from, int to, const control::AlterIsr& asked) {
  for (const control::AlterIsrPartition& partition : asked.partitions())
    asked_.emplace(partition.topic_id(), partition.partition(), partition.partition_epoch());
  const ControllerEpoch ruling = process(to).alive() ? process(to).node()->ruling() : ControllerEpoch();
  if (ruling == ControllerEpoch()) return;
  for (const control::AlterIsrPartition& partition : asked.partitions()) {
    auto elected = elected_by_.find({partition.topic_id(), partition.partition(), partition.leader_epoch()});
    if (elected == elected_by_.end()) continue;
    invariants.check("LeaderFollowsItsController", ruling.value() >= elected->second, scheduler.now(), [&] {
      return fmt::format("{}, elected by controller epoch {}, asks {} of epoch {}", from, elected->second, to, ruling.value());
    });
  }
}

// No roles from a controller that is older than the newest whose roles this life has taken, or than the mark that let it in.
void Cluster::check_event(int id, const control::Event& event) {
  record(event.SerializeAsString());
  if (event.has_registered()) heard_[id] = ControllerEpoch();
  if (event.has_stop()) stopped_.insert(id);
  if (event.has_registered()) stopped_.erase(id);
  if (!event.has_roles()) return;
  invariants.check("ControlOfOneLife", !stopped_.contains(id), scheduler.now(),
                   [&] { return fmt::format("{} takes roles after it stopped, and before it registered anew", id); });
  const ControllerEpoch epoch(event.roles().controller_epoch());
  ControllerEpoch floor = heard_[id];
  const auto* node = store->tree().find(paths::broker_removed(BrokerId(id)));
  const auto* own = store->tree().find(paths::broker_epoch(BrokerId(id)));
  control::RemovedMark mark;
  control::Registration registration;
  if (node != nullptr && own != nullptr && mark.ParseFromString(node->data) && registration.ParseFromString(own->data) &&
      registration.incarnation() == process(id).incarnation().raw() && mark.incarnation() == registration.predecessor()) {
    floor = std::max(floor, ControllerEpoch(mark.controller_epoch()));
  }
  invariants.check("StaleControllerRefused", epoch >= floor, scheduler.now(),
                   [&] { return fmt::format("{} takes roles of controller epoch {} after {}", id, epoch.value(), floor.value()); });
  heard_[id] = std::max(heard_[id], epoch);
}

void Cluster::check_candidates() {
  const auto* node = store->tree().find(paths::kCandidates);
  if (node == nullptr || node->children == candidates_) return;
  candidates_ = node->children;
  std::map<std::string, int> seen;
  for (const std::string& name : node->children) {
    const auto* child = store->tree().find(std::string(paths::kCandidates) + "/" + name);
    control::Candidate candidate;
    if (child != nullptr && store->tree().alive(child->stat.ephemeral_owner) && candidate.ParseFromString(child->data)) {
      ++seen[candidate.incarnation()];
    }
  }
  for (const auto& [incarnation, count] : seen) {
    invariants.check("OneCandidatePerProcess", count == 1, scheduler.now(), [&] { return fmt::format("{} nodes", count); });
  }
}

}  // namespace baton::simulation
