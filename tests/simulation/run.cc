#include "tests/simulation/run.h"

#include <algorithm>
#include <cstdio>

#include "base/crc32c.h"

namespace baton::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(drawn(options)),
        faults_random_(options.seed * 7 + 5),
        data_(cluster_options(), options.partitions),
        cluster_(data_.cluster) {}

  RunResult go() {
    expect_clean_elections();
    if (options_.trace) tell_pages();
    data_.start();
    data_.workload.start();
    const Instant end = cluster_.scheduler.now() + options_.faults_for;
    while (cluster_.scheduler.now() < end && !data_.violation()) {
      if (options_.upgrade) upgrade_some();
      inflict();
      data_.step(milliseconds(50 + faults_random_.below(700)));
    }
    heal();
    return result();
  }

 private:
  // With five, the controller is often no replica, and partitions have different ones.
  static RunOptions drawn(RunOptions options) {
    SeededRandom random(options.seed * 7 + 4);
    if (options.brokers == 0) options.brokers = random.chance(0.5) ? 5 : 3;
    options.upgrade |= options.seed % 3 == 0;
    return options;
  }

  ClusterOptions cluster_options() const {
    ClusterOptions made;
    made.brokers = options_.brokers;
    made.seed = options_.seed;
    made.rebalance = SeededRandom(options_.seed * 7 + 6).chance(0.7);
    made.bulk_from = options_.seed % 2 == 0 ? 1 : 256;
    // Every fourth by another elector, each in turn.
    static const std::vector<std::string> kElectors = {"bully", "raft", "ring", "paxos", "hirschberg-sinclair", "herd", "lease"};
    if (options_.seed % 4 == 3) made.election = kElectors[options_.seed / 4 % kElectors.size()];
    if (options_.upgrade) {
      for (int id = 1; id <= options_.brokers; ++id) made.versions[id] = kMetadataSingles;
    }
    return made;
  }

  void tell(const std::string& what) {
    std::printf("%9lld us  %s\n", static_cast<long long>(cluster_.scheduler.now().ns / 1000), what.c_str());
  }

  // No fault that is drawn takes so much at once that a dirty replica would have to lead.
  void expect_clean_elections() {
    cluster_.on_page = [this, check = cluster_.on_page](const std::string& topic, const control::Partition& before,
                                                        const control::Partition& after) {
      check(topic, before, after);
      cluster_.invariants.check("CleanElections", !after.unclean(), cluster_.scheduler.now(), [&] { return after.ShortDebugString(); });
    };
  }

  void tell_pages() {
    auto check = cluster_.on_page;
    cluster_.on_page = [this, check](const std::string& topic, const control::Partition& before, const control::Partition& after) {
      check(topic, before, after);
      if (before.partition_epoch() != after.partition_epoch()) tell("      page: " + after.ShortDebugString());
    };
  }

  // ---- faults -----------------------------------------------------------------------------------------------------------------

  int any() { return 1 + static_cast<int>(faults_random_.below(static_cast<uint64_t>(options_.brokers))); }

  void fault(const std::string& kind, int id, const std::function<void()>& act) {
    if (!options_.kinds.empty() && std::find(options_.kinds.begin(), options_.kinds.end(), kind) == options_.kinds.end()) return;
    if (options_.trace) tell(fmt::format("{} {}", kind, id));
    ++faults_[kind];
    act();
  }

  void inflict() {
    const int id = any();
    SimProcess& process = cluster_.process(id);
    switch (faults_random_.below(29)) {
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
        return fault("bounce", id, [&] { bounce(id); });
      case 7:
        return fault("cut", id, [&] { cluster_.links.cut_both(id, any_or_store()); });
      case 8:
        return fault("one-way", id, [&] { cluster_.links.cut(id, any_or_store()); });
      case 9:
      case 10:
        return fault("heal", 0, [&] { cluster_.links.heal_all(); });
      case 11:
        if (process.running()) fault("lose-reply", id, [&] { cluster_.store->lose_next_reply(id); });
        return;
      case 12:
        if (process.running()) fault("expire", id, [&] { cluster_.store->expire(id); });
        return;
      case 13:
        return fault("forge-reset", id, [&] { cluster_.network->forge_reset(id, any()); });
      case 14:
      case 15:
        if (process.running()) fault("leave", id, [&] { data_.leave(id); });
        return;
      case 16:
        return fault("store-gone", 0, [&] { store_gone(); });
      case 17:
      case 18:
        return isolate_leader();
      case 19:
      case 20:
        return lose_machine(id);
      case 21:
      case 22:
        return move_leader(id);
      case 23:
        return fault("drain", id, [&] { order_broker(id, control::DRAIN); });
      case 24:
      case 25:
        return reassign();
      case 27:
      case 28:
        return fault("transfer", id, [&] { cluster_.transfer(id); });
      default:
        return fault("undrain", id, [&] { order_broker(id, control::NONE); });
    }
  }

  // ---- operators, who ask whoever rules ---------------------------------------------------------------------------------------

  void ask_ruler(control::Request request) {
    constexpr node::StreamId kOperator = node::StreamId{1} << 40;  // even: as the listener numbers what it accepts
    const int ruler = cluster_.ruler();
    if (ruler == 0 || !cluster_.process(ruler).running()) return;
    node::FrameReceived question{kOperator, {}};
    *question.frame.mutable_request() = std::move(request);
    cluster_.process(ruler).deliver(std::move(question));
  }

  void order_broker(int id, control::Maintenance order) {
    control::Request request;
    request.mutable_order_broker()->set_id(id);
    request.mutable_order_broker()->set_order(order);
    ask_ruler(std::move(request));
  }

  void move_leader(int to) {
    control::Request request;
    control::MoveLeaders& move = *request.mutable_move_leaders();
    const int kind = static_cast<int>(faults_random_.below(3));
    move.set_kind(kind == 0 ? control::MoveLeaders::NAMED : kind == 1 ? control::MoveLeaders::STEP_DOWN : control::MoveLeaders::PREFERRED);
    move.set_to(to);
    move.set_lasting_ms(static_cast<int64_t>(faults_random_.below(3000)));
    move.set_all(kind == 2);
    control::PartitionName& partition = *move.add_partitions();
    partition.set_topic("t");
    partition.set_partition(static_cast<int32_t>(faults_random_.below(static_cast<uint64_t>(options_.partitions))));
    fault("move-leader", to, [&] { ask_ruler(std::move(request)); });
  }

  // To as many replicas, drawn anew, or back to what there was.
  void reassign() {
    control::Request request;
    control::Reassignment& wanted = *request.mutable_reassign()->add_partitions();
    wanted.set_topic("t");
    wanted.set_partition(static_cast<int32_t>(faults_random_.below(static_cast<uint64_t>(options_.partitions))));
    wanted.set_cancel(faults_random_.chance(0.3));
    std::vector<int> ids;
    for (int id = 1; id <= options_.brokers; ++id) ids.push_back(id);
    for (int chosen = 0; chosen < 3; ++chosen) {
      const auto at = faults_random_.below(ids.size());
      wanted.add_replicas(ids[at]);
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at));
    }
    fault(wanted.cancel() ? "cancel-reassignment" : "reassign", wanted.replicas(0), [&] { ask_ruler(std::move(request)); });
  }

  // ---- what the faults are made of -----------------------------------------------------------------------------------------------

  int any_or_store() { return static_cast<int>(faults_random_.below(static_cast<uint64_t>(options_.brokers) + 1)); }

  void bounce(int id) {
    cluster_.kill(id);
    data_.step(microseconds(faults_random_.below(5000)));
    cluster_.start(id);
  }

  // A newer release in place of the present one. Whoever is away when nobody needs to know the first version any more comes back with it.
  void upgrade_some() {
    if (cluster_.level() == kMetadataNewest) cluster_.options.versions.clear();
    for (int id = 1; id <= options_.brokers; ++id) {
      if (cluster_.process(id).alive() && cluster_.process(id).fatal()) bounce(id);
    }
    const int id = any();
    if (!faults_random_.chance(0.15) || cluster_.version(id) == kMetadataNewest) return;
    fault("upgrade", id, [&] {
      cluster_.options.versions[id] = kMetadataNewest;
      bounce(id);
    });
  }

  // The level follows when everybody is upgraded.
  void finish_upgrade() {
    cluster_.options.versions.clear();
    for (int id = 1; id <= options_.brokers; ++id) {
      if (cluster_.process(id).alive() && cluster_.running_version(id) != kMetadataNewest) bounce(id);
    }
    const bool risen = cluster_.run_until([&] { return cluster_.level() == kMetadataNewest; }, seconds(20));
    if (!data_.violation()) data_.check_liveness(risen, risen ? "" : "the level does not rise, although everybody knows more");
  }

  // Nobody's session ends by it; leases do. Every other time the ensemble's connections break too, as when its leader changes.
  void store_gone() {
    if (faults_random_.chance(0.5)) {
      for (int id = 1; id <= options_.brokers; ++id) cluster_.store->break_connection(id);
    }
    cluster_.store->set_down(true);
    cluster_.scheduler.after(milliseconds(50 + faults_random_.below(2500)), [this] { cluster_.store->set_down(false); });
  }

  // A leader that neither the store nor the controller reaches, while its followers do: it is deposed, and goes on until they hear
  // of it.
  void isolate_leader() {
    const control::Partition* state =
        cluster_.partition("t", static_cast<int>(faults_random_.below(static_cast<uint64_t>(options_.partitions))));
    if (state == nullptr || state->leader() == -1) return;
    const int leader = state->leader();
    fault("isolate-leader", leader, [&] {
      cluster_.links.cut_both(leader, kStore);
      const int ruler = cluster_.ruler();
      if (ruler != 0 && ruler != leader) cluster_.links.cut_both(leader, ruler);
    });
  }

  // R8, R9: what is promised survives the loss of fewer machines or disks at once than min.insync.replicas. So one at a time, and only
  // when every ISR is full again.
  void lose_machine(int id) {
    if (!data_.isrs_full() || !data_.all_clean()) return;
    if (faults_random_.chance(0.5)) return fault("reboot", id, [&] { data_.lose_power(id); });
    fault("lose-disk", id, [&] { data_.lose_disk(id); });
  }

  void heal() {
    if (data_.violation()) return;
    cluster_.links.heal_all();
    cluster_.store->set_down(false);
    for (int id = 1; id <= options_.brokers; ++id) {
      if (cluster_.process(id).paused()) cluster_.process(id).resume();
    }
    cluster_.start_all();
    if (options_.upgrade) finish_upgrade();
    bool whole = false;
    for (int i = 0; i < 60 && !whole && !data_.violation(); ++i) {
      data_.step(milliseconds(500));
      cluster_.start_all();
      whole = data_.whole();
    }
    if (data_.violation()) return;
    data_.check_liveness(whole, whole ? "" : "not whole within 30 s of healing: " + data_.describe());
    if (!whole) return;
    data_.workload.stop();
    for (int i = 0; i < 20 && !data_.workload.drained() && !data_.violation(); ++i) data_.step(milliseconds(500));
    if (data_.violation()) return;
    const bool drained = data_.workload.drained();
    data_.check_liveness(drained, drained ? "" : "a produce request is never acknowledged: " + data_.describe());
    data_.step(milliseconds(200));
    data_.workload.check_final();
  }

  RunResult result() {
    RunResult made;
    made.violation = data_.violation();
    for (const auto& [name, times] : cluster_.invariants.counts()) made.checks[name] = times;
    made.faults = faults_;
    made.acknowledged = data_.workload.acknowledged();
    made.events = cluster_.scheduler.events();
    made.digest =
        fmt::format("{:016x}-{:08x}-{}-{}", cluster_.trace(), crc32c(cluster_.store->tree().dump()), made.events, made.acknowledged);
    return made;
  }

  RunOptions options_;
  SeededRandom faults_random_;
  DataCluster data_;
  Cluster& cluster_;
  std::map<std::string, int> faults_;
};

}  // namespace

RunResult run(const RunOptions& options) {
  return Run(options).go();
}

}  // namespace baton::simulation
