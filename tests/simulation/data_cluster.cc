#include "tests/simulation/data_cluster.h"

#include <algorithm>

#include "controller/coordination/paths.h"

namespace baton::simulation {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

DataCluster::DataCluster(ClusterOptions options, int partitions)
    : cluster([&] {
        options.host = [this](int id) { return make_host(id); };
        return options;
      }()),
      ledger(cluster),
      workload(cluster, ledger, options.seed * 7 + 7, partitions),
      partitions_(partitions),
      seed_(options.seed),
      random_(options.seed * 7 + 6) {
  cluster.on_page = [this](const std::string& topic_id, const control::Partition& before, const control::Partition& after) {
    check_succession(topic_id, before, after);
    const RoleKeeper::Key key{TopicId(Uuid::from_bytes(topic_id)), after.index()};
    if (after.unclean()) ledger.give_up(key);
    check_strong_isr(key, after);
  };
}

std::unique_ptr<SimHost> DataCluster::make_host(int id) {
  DataBroker::Wiring wiring{cluster.scheduler,
                            cluster.invariants,
                            usage,
                            [this, id](int to, std::function<void(DataBroker&)> task) { carry(id, to, std::move(task)); },
                            [this, id](Duration delay, std::function<void()> task) { later(id, delay, std::move(task)); },
                            [this, id](const RoleKeeper::Key& key, const Replica& replica) { appended(id, key, replica); },
                            [this, id](const RoleKeeper::Key& key, Replica& replica) { ledger.changed(id, key, replica); },
                            [this, id](const RoleKeeper::Key& key, const Replica& replica, int64_t before) {
                              high_watermark_advanced(id, key, replica, before);
                            }};
  disks_[id].boot = boots_[id];
  ledger.forget(id);
  return std::make_unique<DataBroker>(id, disks_[id], std::move(wiring), seed_ * 31 + static_cast<uint64_t>(id) + 1000 * ++lives_);
}

void DataCluster::carry(int from, int to, std::function<void(DataBroker&)> task) {
  Duration latency = microseconds(40 + random_.below(250));
  if (usage.slow.contains(from) || usage.slow.contains(to)) latency += milliseconds(2 + random_.below(8));
  cluster.scheduler.after(latency, [this, from, to, task = std::move(task)]() mutable {
    if (!cluster.links.both(from, to) || !cluster.process(to).alive()) return;
    if (data_cut_.contains(from) || data_cut_.contains(to)) return;
    cluster.process(to).run([this, to, task = std::move(task)] { task(*broker(to)); });
  });
}

// In this life of the process only, and when it runs.
void DataCluster::later(int id, Duration delay, std::function<void()> task) {
  cluster.scheduler.after(delay, [this, id, life = cluster.process(id).life(), task = std::move(task)]() mutable {
    if (cluster.process(id).life() == life) cluster.process(id).run(std::move(task));
  });
}

bool DataCluster::start() {
  cluster.start_all();
  cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(10));
  cluster.run_for(milliseconds(300));
  cluster.create_topic("t", partitions_);
  const bool led = cluster.run_until([&] { return !cluster.topics().empty() && cluster.converged(); }, seconds(10));
  check_liveness(led, "the topic is not led");
  cluster.on_leader = [this](int id, const control::Role& role) { pending_leaders_.emplace_back(id, role); };
  return led;
}

void DataCluster::step(Duration time) {
  const Instant until = cluster.scheduler.now() + time;
  while (cluster.scheduler.now() < until && !violation()) {
    cluster.run_for(milliseconds(1));
    for (const auto& [id, role] : std::exchange(pending_leaders_, {})) workload.leader_elected(id, role);
    if (++steps_ % 1000 == 0) workload.check_replicas();
  }
}

bool DataCluster::step_until(const std::function<bool()>& condition, Duration limit) {
  const Instant until = cluster.scheduler.now() + limit;
  while (cluster.scheduler.now() < until && !violation()) {
    if (condition()) return true;
    step(milliseconds(1));
  }
  return condition();
}

void DataCluster::leave(int id) {
  const int life = cluster.process(id).life();
  broker(id)->leave([this, id] { cluster.process(id).shut_down(); });
  cluster.scheduler.after(seconds(12), [this, id, life] {
    if (cluster.process(id).life() == life) cluster.kill(id);
  });
}

void DataCluster::lose_power(int id) {
  cluster.reboot(id);
  ++boots_[id];
  disks_[id].files->lose_unsynced(random_);
}

void DataCluster::lose_disk(int id) {
  cluster.replace_disk(id);
  disks_[id] = Disk{};
}

DataBroker* DataCluster::broker(int id) {
  return cluster.process(id).alive() ? static_cast<DataBroker*>(cluster.process(id).host()) : nullptr;
}

RoleKeeper::Key DataCluster::key(int index) {
  control::TopicEntry entry;
  entry.ParseFromString(cluster.store->tree().find(paths::topic("t"))->data);
  return {TopicId(Uuid::from_bytes(entry.topic_id())), index};
}

bool DataCluster::every_partition(const std::function<bool(const std::string&, const control::Partition&)>& holds) {
  for (const std::string& topic : cluster.topics()) {
    control::TopicEntry entry;
    entry.ParseFromString(cluster.store->tree().find(paths::topic(topic))->data);
    for (int i = 0; i < entry.partitions(); ++i) {
      const control::Partition* state = cluster.state(entry.topic_id(), i);
      if (state == nullptr || !holds(entry.topic_id(), *state)) return false;
    }
  }
  return true;
}

bool DataCluster::isrs_full() {
  return !cluster.topics().empty() && every_partition([](const std::string&, const control::Partition& state) {
    return state.isr_size() == state.replicas_size() && state.leader() != -1;
  });
}

bool DataCluster::all_clean() {
  for (int id = 1; id <= cluster.options.brokers; ++id) {
    if (broker(id) == nullptr) return false;
    for (const auto& [key, replica] : broker(id)->all()) {
      if (replica->dirty()) return false;
    }
  }
  return every_partition([this](const std::string& topic_id, const control::Partition& state) {
    const RoleKeeper::Key key{TopicId(Uuid::from_bytes(topic_id)), state.index()};
    return std::all_of(state.isr().begin(), state.isr().end(), [&](int32_t id) { return broker(id)->replica(key) != nullptr; });
  });
}

bool DataCluster::registered_live(int id) {
  const auto* node = cluster.store->tree().find(paths::broker_epoch(BrokerId(id)));
  control::Registration record;
  return node != nullptr && record.ParseFromString(node->data) && record.life() == control::Registration::LIVE &&
         record.incarnation() == cluster.process(id).incarnation().raw();
}

// ---- invariants ----------------------------------------------------------------------------------------------------------

// At most one life of one broker appends under a leader epoch, and none after its word.
void DataCluster::appended(int id, const RoleKeeper::Key& key, const Replica& replica) {
  const LeaderEpoch epoch = replica.leadership().state.leader_epoch;
  const std::pair<int, Incarnation> who{id, cluster.process(id).incarnation()};
  auto [at, fresh] = appenders_.try_emplace({key, epoch}, who);
  cluster.invariants.check("OneLeaderPerEpoch", fresh || at->second == who, cluster.scheduler.now(), [&] {
    return fmt::format("{} and {} append to {} at epoch {}", at->second.first, id, key.second, epoch.value());
  });
  const auto& words = broker(id)->words();
  cluster.invariants.check("WordIsFinal", !words.contains({key, epoch}), cluster.scheduler.now(),
                           [&] { return fmt::format("{} appends to {} at epoch {} after its word", id, key.second, epoch.value()); });
}

// R4.2: while the former leader lives, whoever follows it by its word holds all that it held.
void DataCluster::check_succession(const std::string& topic_id, const control::Partition& before, const control::Partition& after) {
  if (after.leader_epoch() == before.leader_epoch() || before.leader() == -1 || after.leader() == -1) return;
  DataBroker* former = broker(before.leader());
  DataBroker* next = broker(after.leader());
  if (former == nullptr || next == nullptr || after.leader() == before.leader()) return;
  if (!registered_live(before.leader()) || !registered_live(after.leader())) return;
  const RoleKeeper::Key key{TopicId(Uuid::from_bytes(topic_id)), after.index()};
  const auto word = former->words().find({key, LeaderEpoch(before.leader_epoch())});
  Replica* heir = next->replica(key);
  if (word == former->words().end() || heir == nullptr || !heir->has_log() || heir->dirty()) return;
  cluster.invariants.check("SuccessorReachedWord", heir->log().end_offset() >= word->second, cluster.scheduler.now(), [&] {
    return fmt::format("{} succeeds {} on {} with end {}, the word was {}", after.leader(), before.leader(), after.index(),
                       heir->log().end_offset(), word->second);
  });
}

// Everything that this asks of a leader's commit: of the ISR as the store has it, of what was committed before, and, of one that is
// deposed and has not heard of it, of its successor.
void DataCluster::high_watermark_advanced(int id, const RoleKeeper::Key& key, const Replica& replica, int64_t before) {
  check_high_watermark(replica);
  const control::Partition* stored = cluster.state(std::string(key.first.raw()), key.second);
  if (stored == nullptr) return;
  check_strong_isr(key, *stored);
  const int32_t epoch = replica.leadership().state.leader_epoch.value();
  if (stored->leader_epoch() == epoch) return ledger.check_leader(id, key);
  DataBroker* next = stored->leader() == -1 ? nullptr : broker(stored->leader());
  Replica* heir = next == nullptr ? nullptr : next->replica(key);
  if (stored->leader_epoch() < epoch || heir == nullptr || !heir->has_log() || heir->failed() || heir->dirty()) return;
  ledger.changed(stored->leader(), key, *heir);
  ledger.check_deposed(id, key, before, replica.high_watermark(), stored->leader());
}

// Everything below any presumed leader's high watermark is on every live member of the true ISR. A log that is dirty is none: its
// broker is not the one that the page means, and leaves the ISR as soon as it is noticed (R9).
void DataCluster::check_strong_isr(const RoleKeeper::Key& key, const control::Partition& stored) {
  if (ledger.gave_up(key)) return;
  int64_t highest = 0;
  for (int id = 1; id <= cluster.options.brokers; ++id) {
    Replica* replica = broker(id) == nullptr ? nullptr : broker(id)->replica(key);
    if (replica != nullptr && replica->leader_state() != nullptr) highest = std::max(highest, replica->high_watermark());
  }
  for (const int32_t id : stored.isr()) {
    Replica* replica = broker(id) == nullptr ? nullptr : broker(id)->replica(key);
    if (replica == nullptr || !replica->has_log() || replica->failed() || replica->dirty()) continue;
    cluster.invariants.check("StrongIsr", replica->log().end_offset() >= highest, cluster.scheduler.now(), [&] {
      return fmt::format("{} is in the ISR of t-{} and ends at {}, below a high watermark of {}", id, key.second,
                         replica->log().end_offset(), highest);
    });
  }
}

// Asked when a leader's high watermark has advanced: everybody whom the leader has to count on holds what is below.
void DataCluster::check_high_watermark(const Replica& replica) {
  const LeaderState& books = *replica.leader_state();
  bool held = books.isr().committed().isr.size() >= books.leadership().effective_min_isr();
  for (BrokerId id : books.isr().maximal()) {
    auto follower = books.followers().find(id);
    if (follower != books.followers().end()) held = held && follower->second.end_offset >= replica.high_watermark();
  }
  cluster.invariants.check("HighWatermarkOnMaximalIsr", held, cluster.scheduler.now(), [&] {
    return fmt::format("the leader of epoch {} has high watermark {}", replica.leadership().state.leader_epoch.value(),
                       replica.high_watermark());
  });
}

std::string DataCluster::describe() {
  std::string text = fmt::format("ruler {}", cluster.ruler());
  for (int i = 0; i < partitions_; ++i) {
    const control::Partition* state = cluster.partition("t", i);
    text += state == nullptr ? "; none" : "; " + state->ShortDebugString();
  }
  for (int id = 1; id <= cluster.options.brokers; ++id) {
    SimProcess& process = cluster.process(id);
    for (const std::string& path : {paths::broker_epoch(BrokerId(id)), paths::broker_removed(BrokerId(id))}) {
      const auto* node = cluster.store->tree().find(path);
      control::Registration record;
      control::RemovedMark mark;
      if (node != nullptr && record.ParseFromString(node->data)) {
        text += fmt::format("; {} life {} incarnation {} over {}", path, static_cast<int>(record.life()),
                            Uuid::from_bytes(record.incarnation()).to_string(), Uuid::from_bytes(record.predecessor()).to_string());
      } else if (node != nullptr && mark.ParseFromString(node->data)) {
        text += fmt::format("; {} {}", path, Uuid::from_bytes(mark.incarnation()).to_string());
      }
    }
    if (process.running()) text += "; " + broker(id)->describe();
    text += fmt::format("; {} {}", id, !process.alive() ? "dead" : process.fatal() ? "fatal " + *process.fatal() : "alive");
  }
  return text;
}

void DataCluster::check_liveness(bool holds, const std::string& what) {
  cluster.invariants.check("Liveness", holds, cluster.scheduler.now(), [&] { return what; });
}

}  // namespace baton::simulation
