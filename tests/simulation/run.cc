#include "tests/simulation/run.h"

#include <algorithm>
#include <cstdio>

#include "base/crc32c.h"
#include "tests/simulation/operator.h"
#include "tests/simulation/policy_checks.h"

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
        cluster_(data_.cluster),
        policies_random_(options.seed * 7 + 8) {}

  RunResult go() {
    expect_clean_elections();
    if (options_.trace) tell_pages();
    if (options_.policies) data_.usage.report_every = milliseconds(250);
    data_.start();
    if (options_.policies) begin_policies();
    data_.workload.start();
    const Instant end = cluster_.scheduler.now() + options_.faults_for;
    while (cluster_.scheduler.now() < end && !data_.violation()) {
      if (options_.upgrade) upgrade_some();
      if (options_.policies) trouble_policies();
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
    options.policies |= options.seed % 5 == 2;
    return options;
  }

  ClusterOptions cluster_options() const {
    ClusterOptions made;
    made.brokers = options_.brokers;
    made.seed = options_.seed;
    made.balance.automatic = SeededRandom(options_.seed * 7 + 6).chance(0.7);
    if (options_.policies) set_policies(made);
    made.bulk_from = options_.seed % 2 == 0 ? 1 : 256;
    // Passes over partitions of several parts, two of them under way at once.
    if (options_.seed % 4 == 0) made.partitions_per_write = 2;
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
        return fault("drain", id, [&] { order_broker(cluster_, id, control::DRAIN); });
      case 24:
      case 25:
        return reassign();
      case 27:
      case 28:
        return fault("transfer", id, [&] { cluster_.transfer(id); });
      default:
        return fault("undrain", id, [&] { order_broker(cluster_, id, control::NONE); });
    }
  }

  // ---- policies ---------------------------------------------------------------------------------------------------------------

  // Their times are short, or a run of seconds would not see them. Three racks, of which one has a single broker of five.
  void set_policies(ClusterOptions& made) const {
    made.balance.automatic = true;
    made.balance.by_load = options_.seed % 2 == 1;
    made.balance.delay = milliseconds(50);
    made.balance.check_interval = seconds(1);
    made.balance.slow_append = milliseconds(50);
    made.balance.slow_after = seconds(1);
    made.balance.slow_until = seconds(2);
    for (int id = 1; id <= options_.brokers; ++id) made.racks[id] = "rack" + std::to_string(id % 3);
  }

  // A topic that no client uses, whose partitions seem to be used: some hardly, some much, one not at all.
  void begin_policies() {
    policies_.emplace(data_);
    for (int i = 0; i < options_.partitions; ++i) data_.usage.loads[{"t", i}] = draw_load();
    for (int i = 1; i < kLoadedPartitions; ++i) data_.usage.loads[{"loaded", i}] = draw_load();
    cluster_.create_topic("loaded", kLoadedPartitions);
    const bool led = data_.step_until([&] { return cluster_.topics().size() == 2 && data_.whole(); }, seconds(10));
    data_.check_liveness(led, "the loaded topic is not led");
  }

  int64_t draw_load() { return int64_t{1'000'000} * (1 + static_cast<int64_t>(policies_random_.below(50))); }

  void trouble_policies() {
    if (!policies_random_.chance(0.3)) return;
    const int id = 1 + static_cast<int>(policies_random_.below(static_cast<uint64_t>(options_.brokers)));
    switch (policies_random_.below(4)) {
      case 0:
        return slow_down(id);
      case 1:
        return fault("fast-again", id, [&] { data_.usage.slow.erase(id); });
      case 2:
        return fault("flap", id, [&] { flap(id); });
      default:
        if (placed_ < 3) fault("place", 0, [&] { cluster_.create_topic("placed" + std::to_string(++placed_), 1); });
    }
  }

  // Always a minority, as the controller would take no more for slow.
  void slow_down(int id) {
    data_.usage.slow.insert(id);
    if (static_cast<int>(data_.usage.slow.size()) * 2 >= options_.brokers) data_.usage.slow = {id};
    fault("slow", id, [] {});
  }

  void flap(int id) {
    for (int times = 0; times < 3; ++times) {
      cluster_.kill(id);
      data_.step(milliseconds(20));
      if (!cluster_.process(id).alive()) cluster_.start(id);
      data_.step(milliseconds(150 + policies_random_.below(200)));
    }
  }

  // One broker is slow and one is drained, and so it stays until everything stands still; then both are as they were before.
  void settle_policies() {
    slow_down(1 + static_cast<int>(policies_random_.below(static_cast<uint64_t>(options_.brokers))));
    const int drained = 1 + static_cast<int>(policies_random_.below(static_cast<uint64_t>(options_.brokers)));
    order_broker(cluster_, drained, control::DRAIN);
    policies_->come_to_rest(seconds(60));
    data_.usage.slow.clear();
    for (int id = 1; id <= options_.brokers; ++id) order_broker(cluster_, id, control::NONE);
    policies_->come_to_rest(seconds(60));
  }

  // ---- operators, who ask whoever rules ---------------------------------------------------------------------------------------

  void move_leader(int to) {
    control::Request request;
    control::MoveLeaders& move = *request.mutable_move_leaders();
    int kind = static_cast<int>(faults_random_.below(3));
    if (options_.policies && kind == 2) kind = 1;  // an operator's wish asks for no patience with who has just come back
    move.set_kind(kind == 0 ? control::MoveLeaders::NAMED : kind == 1 ? control::MoveLeaders::STEP_DOWN : control::MoveLeaders::PREFERRED);
    move.set_to(to);
    move.set_lasting_ms(static_cast<int64_t>(faults_random_.below(3000)));
    move.set_all(kind == 2);
    control::PartitionName& partition = *move.add_partitions();
    partition.set_topic("t");
    partition.set_partition(static_cast<int32_t>(faults_random_.below(static_cast<uint64_t>(options_.partitions))));
    fault("move-leader", to, [&] { ask_ruler(cluster_, std::move(request)); });
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
    fault(wanted.cancel() ? "cancel-reassignment" : "reassign", wanted.replicas(0), [&] { ask_ruler(cluster_, std::move(request)); });
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
    if (options_.policies) settle_policies();
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
  SeededRandom policies_random_;
  static constexpr int kLoadedPartitions = 7;
  std::optional<PolicyChecks> policies_;
  int placed_ = 0;  // topics
  std::map<std::string, int> faults_;
};

}  // namespace

RunResult run(const RunOptions& options) {
  return Run(options).go();
}

}  // namespace baton::simulation
