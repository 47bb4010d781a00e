#include "tests/simulation/run.h"

#include <algorithm>
#include <cstdio>

#include "base/crc32c.h"
#include "controller/coordination/paths.h"

namespace baton::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        faults_random_(options.seed * 7 + 5),
        data_random_(options.seed * 7 + 6),
        cluster_(cluster_options()),
        workload_(cluster_, options.seed * 7 + 7, options.partitions) {}

  RunResult go() {
    cluster_.start_all();
    cluster_.run_until([&] { return cluster_.ruler() != 0; }, seconds(10));
    cluster_.run_for(milliseconds(300));
    cluster_.create_topic("t", options_.partitions);
    if (!cluster_.run_until([&] { return !cluster_.topics().empty() && cluster_.converged(); }, seconds(10)))
      fail_liveness("the topic is not led");
    cluster_.on_leader = [this](int id, const control::Role& role) { pending_leaders_.emplace_back(id, role); };
    workload_.start();
    const Instant end = cluster_.scheduler.now() + options_.faults_for;
    while (cluster_.scheduler.now() < end && !cluster_.invariants.violation()) {
      inflict();
      step(milliseconds(50 + faults_random_.below(700)));
    }
    heal();
    return result();
  }

 private:
  ClusterOptions cluster_options() {
    ClusterOptions made;
    made.brokers = options_.brokers;
    made.seed = options_.seed;
    made.host = [this](int id) -> std::unique_ptr<SimHost> {
      DataBroker::Wiring wiring{cluster_.scheduler,
                                [this, id](int to, std::function<void(DataBroker&)> task) { carry(id, to, std::move(task)); },
                                [this, id](Duration delay, std::function<void()> task) { later(id, delay, std::move(task)); }};
      disks_[id].boot = boots_[id];
      return std::make_unique<DataBroker>(id, disks_[id], std::move(wiring),
                                          options_.seed * 31 + static_cast<uint64_t>(id) + 1000 * ++lives_);
    };
    return made;
  }

  void carry(int from, int to, std::function<void(DataBroker&)> task) {
    const int life = cluster_.process(from).life();
    cluster_.scheduler.after(microseconds(40 + data_random_.below(250)), [this, from, to, life, task = std::move(task)]() mutable {
      if (!cluster_.links.both(from, to) || !cluster_.process(to).alive()) return;
      (void)life;
      cluster_.process(to).run([this, to, task = std::move(task)] { task(*static_cast<DataBroker*>(cluster_.process(to).host())); });
    });
  }

  // In this life of the process only, and when it runs.
  void later(int id, Duration delay, std::function<void()> task) {
    cluster_.scheduler.after(delay, [this, id, life = cluster_.process(id).life(), task = std::move(task)]() mutable {
      if (cluster_.process(id).life() == life) cluster_.process(id).run(std::move(task));
    });
  }

  void step(Duration time) {
    const Instant until = cluster_.scheduler.now() + time;
    while (cluster_.scheduler.now() < until && !cluster_.invariants.violation()) {
      cluster_.run_for(milliseconds(1));
      for (const auto& [id, role] : std::exchange(pending_leaders_, {})) workload_.leader_elected(id, role);
      if (++steps_ % 200 == 0) workload_.check_replicas();
    }
  }

  // ---- faults -----------------------------------------------------------------------------------------------------------------

  int any() { return 1 + static_cast<int>(faults_random_.below(static_cast<uint64_t>(options_.brokers))); }

  bool isrs_full() {
    for (int i = 0; i < options_.partitions; ++i) {
      const control::Partition* state = cluster_.partition("t", i);
      if (state == nullptr || state->isr_size() != state->replicas_size() || state->leader() == -1) return false;
    }
    return true;
  }

  void fault(const std::string& kind, int id, const std::function<void()>& act) {
    if (!options_.kinds.empty() && std::find(options_.kinds.begin(), options_.kinds.end(), kind) == options_.kinds.end()) return;
    if (options_.trace) std::printf("%9lld us  %s %d\n", static_cast<long long>(cluster_.scheduler.now().ns / 1000), kind.c_str(), id);
    ++faults_[kind];
    act();
  }

  void inflict() {
    const int id = any();
    SimProcess& process = cluster_.process(id);
    switch (faults_random_.below(14)) {
      case 0:
      case 1:
        return fault("kill", id, [&] { cluster_.kill(id); });
      case 2:
      case 3:
      case 4:
        if (!process.alive()) return fault("start", id, [&] { cluster_.start(id); });
        if (process.paused()) return fault("resume", id, [&] { process.resume(); });
        return;
      case 5:
        if (process.running()) fault("pause", id, [&] { process.pause(); });
        return;
      case 6:
        return fault("bounce", id, [&] {
          cluster_.kill(id);
          step(microseconds(faults_random_.below(5000)));
          cluster_.start(id);
        });
      case 7:
        return fault("cut", id, [&] {
          cluster_.links.cut_both(id, static_cast<int>(faults_random_.below(static_cast<uint64_t>(options_.brokers) + 1)));
        });
      case 8:
        return fault("one-way", id,
                     [&] { cluster_.links.cut(id, static_cast<int>(faults_random_.below(static_cast<uint64_t>(options_.brokers) + 1))); });
      case 9:
        return fault("heal", 0, [&] { cluster_.links.heal_all(); });
      case 10:
        if (process.running()) fault("lose-reply", id, [&] { cluster_.store->lose_next_reply(id); });
        return;
      case 11:
        if (process.running()) fault("expire", id, [&] { cluster_.store->expire(id); });
        return;
      case 12:
        return fault("forge-reset", id, [&] { cluster_.network->forge_reset(id, any()); });
      default:
        // Fewer machines at once than min.insync.replicas, and only when the ISR is full again (flush policy os).
        if (isrs_full()) {
          fault("reboot", id, [&] {
            cluster_.reboot(id);
            ++boots_[id];
            disks_[id].files->lose_unsynced(data_random_);
          });
        }
    }
  }

  void heal() {
    if (cluster_.invariants.violation()) return;
    cluster_.links.heal_all();
    for (int id = 1; id <= options_.brokers; ++id) {
      if (cluster_.process(id).paused()) cluster_.process(id).resume();
    }
    cluster_.start_all();
    bool whole = false;
    for (int i = 0; i < 60 && !whole && !cluster_.invariants.violation(); ++i) {
      step(milliseconds(500));
      cluster_.start_all();
      whole = cluster_.converged() && isrs_full();
    }
    if (!whole) return fail_liveness("not whole within 30 s of healing: " + describe());
    workload_.stop();
    for (int i = 0; i < 20 && !workload_.drained() && !cluster_.invariants.violation(); ++i) step(milliseconds(500));
    if (!workload_.drained()) return fail_liveness("a produce request is never acknowledged: " + describe());
    step(milliseconds(200));
    workload_.check_final();
  }

  std::string describe() {
    std::string text = fmt::format("ruler {}", cluster_.ruler());
    for (int i = 0; i < options_.partitions; ++i) {
      const control::Partition* state = cluster_.partition("t", i);
      text += state == nullptr ? "; none" : "; " + state->ShortDebugString();
    }
    for (int id = 1; id <= options_.brokers; ++id) {
      SimProcess& process = cluster_.process(id);
      for (const std::string& path : {paths::broker_epoch(BrokerId(id)), paths::broker_removed(BrokerId(id))}) {
        const auto* node = cluster_.store->tree().find(path);
        control::Registration record;
        control::RemovedMark mark;
        if (node != nullptr && record.ParseFromString(node->data)) {
          text += fmt::format("; {} life {} incarnation {} over {}", path, static_cast<int>(record.life()),
                              Uuid::from_bytes(record.incarnation()).to_string(), Uuid::from_bytes(record.predecessor()).to_string());
        } else if (node != nullptr && mark.ParseFromString(node->data)) {
          text += fmt::format("; {} {}", path, Uuid::from_bytes(mark.incarnation()).to_string());
        }
      }
      if (process.running()) text += "; " + static_cast<DataBroker*>(process.host())->describe();
      text += fmt::format("; {} {}", id, !process.alive() ? "dead" : process.fatal() ? "fatal " + *process.fatal() : "alive");
    }
    return text;
  }

  void fail_liveness(const std::string& what) {
    cluster_.invariants.check("Liveness", false, cluster_.scheduler.now(), [&] { return what; });
  }

  RunResult result() {
    RunResult made;
    made.violation = cluster_.invariants.violation();
    made.checks = cluster_.invariants.counts();
    made.faults = faults_;
    made.acknowledged = workload_.acknowledged();
    made.events = cluster_.scheduler.events();
    made.digest = fmt::format("{:08x}-{}-{}", crc32c(cluster_.store->tree().dump()), made.events, made.acknowledged);
    return made;
  }

  RunOptions options_;
  SeededRandom faults_random_;
  SeededRandom data_random_;
  std::map<int, Disk> disks_;
  std::map<int, int> boots_;
  Cluster cluster_;
  Workload workload_;
  std::vector<std::pair<int, control::Role>> pending_leaders_;
  std::map<std::string, int> faults_;
  uint64_t steps_ = 0;
  uint64_t lives_ = 0;
};

}  // namespace

RunResult run(const RunOptions& options) {
  return Run(options).go();
}

}  // namespace baton::simulation
