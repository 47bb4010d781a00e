#include "drills/scenarios/rolling_restart.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "base/random.h"
#include "cli/cluster/fates.h"

namespace baton::drills {
namespace {

constexpr std::chrono::milliseconds kPoll(20);
constexpr std::chrono::seconds kStopWithin(30);

bool is_broker(int id) {
  return id < cluster::kFirstController;
}

// Every live broker and every controller that is none, the one that rules last: each move of the controllership is one that somebody has
// to wait for.
Result<std::vector<int>> order_of(const cluster::Cluster& cluster) {
  Result<Cast> cast = Cast::of(cluster);
  if (!cast) return tl::unexpected(cast.error());
  std::vector<int> order = cast->others;
  for (const cluster::BrokerEntry& standby : cluster.description().controllers) {
    if (standby.id != cast->controller && cluster::alive(standby.process)) order.push_back(standby.id);
  }
  std::sort(order.begin(), order.end());
  if (cast->controller >= 0) order.push_back(cast->controller);
  return order;
}

std::vector<int> brokers_of(const std::vector<int>& order) {
  std::vector<int> brokers;
  std::copy_if(order.begin(), order.end(), std::back_inserter(brokers), is_broker);
  return brokers;
}

// Until the controller says that everything goes on without it, and every replica is in sync: what one restart has put behind, the
// next may not build on.
Status wait_until_safe(cluster::Cluster& cluster, int id, const RollingOptions& options, const cluster::Progress& progress) {
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  for (std::string told;;) {
    if (Status still = cluster.refresh(); !still) return still;
    const cluster::ClusterState state = cluster.state();
    const std::vector<std::string> ailments = state.ailments();
    std::string why = ailments.empty() ? "" : ailments.front();
    if (why.empty() && !is_broker(id)) return {};  // it holds no replica, and somebody stands by, or an ailment would say so
    if (why.empty()) {
      Result<control::Fates> fates = cluster::ask_fates(cluster, {id});
      if (!fates) return tl::unexpected(fates.error());
      const cluster::Prediction prediction = cluster::predict(state, *fates);
      if (prediction.harmless()) return {};
      const control::Fate& first = prediction.offline.empty() ? *prediction.under_minimum.front() : *prediction.offline.front();
      why = fmt::format("{} partition(s) would be without a leader and {} below their minimum, {}-{} among them", prediction.offline.size(),
                        prediction.under_minimum.size(), first.topic(), first.before().index());
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return fail(ErrorCode::kRequestTimedOut, fmt::format("broker {} is not safe to stop: {}. Nothing was stopped; mend that, or see "
                                                           "`baton broker safe-to-stop {}`",
                                                           id, why, id));
    }
    if (why != told) progress(fmt::format("Broker {} waits: {}", id, told = why));
    std::this_thread::sleep_for(kPoll);
  }
}

Status restart(cluster::Cluster& cluster, int id, Round& round, Instant asked, const SystemClock& clock, const RollingOptions& options) {
  Result<cluster::ProcessId> process = cluster.hold_broker(id);
  if (!process) return tl::unexpected(process.error());
  if (Status sent = cluster.signal_broker(id, SIGTERM); !sent) return sent;
  if (!cluster::wait_until_gone(*process, kStopWithin)) {
    return fail(ErrorCode::kRequestTimedOut,
                fmt::format("broker {} (pid {}) does not stop: see `baton logs broker-{}`", id, process->pid, id));
  }
  round.figures["SIGTERM → exit, ms"] = ms_between(asked, clock.now().ns);
  const Instant gone = clock.now();
  if (Status started = cluster.start_broker(id); !started) return started;
  if (Status healthy = cluster.wait_until_healthy(options.patience); !healthy) return healthy;
  round.figures["start → every replica in sync, ms"] = ms_between(gone, clock.now().ns);
  return {};
}

// One that has as many replicas as the cluster allows, led by the broker that is to be restarted: its writer sees the worst.
std::vector<int> replicas_led_by(int id, const std::vector<int>& brokers) {
  std::vector<int> replicas{is_broker(id) ? id : brokers.front()};
  for (int other : brokers) {
    if (other != replicas.front() && replicas.size() < 3) replicas.push_back(other);
  }
  return replicas;
}

Result<Round> play(cluster::Cluster& cluster, int id, int number, const std::string& topic, const std::vector<int>& brokers,
                   const RollingOptions& options, const cluster::Progress& progress) {
  SystemClock clock;
  Round round;
  round.number = number;
  round.victim = id;
  const bool rules = cluster.state().controller_id == id;
  round.roles = !is_broker(id) ? (rules ? "controller" : "standby") : rules ? "leader and controller" : "leader";
  Bed bed(Place::of(cluster), topic, replicas_led_by(id, brokers));
  if (Status ready = bed.prepare(); !ready) return tl::unexpected(ready.error());
  if (Status safe = wait_until_safe(cluster, id, options, progress); !safe) return tl::unexpected(safe.error());
  round.leader_before = bed.partition().leader;
  round.epoch_before = bed.partition().leader_epoch;
  progress(fmt::format("{} {} is safe to stop: restarting it", is_broker(id) ? "Broker" : "Controller", id));
  const Instant asked = clock.now();
  if (Status restarted = restart(cluster, id, round, asked, clock, options); !restarted) return tl::unexpected(restarted.error());
  const RawProbe::Gap gap = bed.probe().longest_gap(asked, clock.now());
  round.figures["longest gap of acks=all writes, raw probe, ms"] = static_cast<double>(gap.ns) / 1e6;
  round.figures["SIGTERM → the longest gap begins, ms"] = ms_between(asked, gap.begins.ns);
  round.leader_after = bed.partition().leader;
  round.epoch_after = bed.partition().leader_epoch;
  if (is_broker(id) && round.epoch_after <= round.epoch_before) round.doubts.push_back("the leadership did not move");
  if (Status settled = bed.settle(round); !settled) round.doubts.push_back(settled.error().message);
  return round;
}

}  // namespace

Result<Report> rolling_restart(cluster::Cluster& cluster, const RollingOptions& options, const cluster::Progress& progress,
                               const std::function<void(const Round&)>& said) {
  Result<std::vector<int>> order = order_of(cluster);
  if (!order) return tl::unexpected(order.error());
  const std::vector<int> brokers = brokers_of(*order);
  if (brokers.size() < 2) return fail(ErrorCode::kInvalidRequest, "a cluster of one broker cannot go on while that one restarts");
  SystemRandom random;
  const std::string run = fmt::format("{:06x}", random.below(1u << 24));
  Report report;
  report.settings = {{"acks", "all"}, {"enable.idempotence", "true"}, {"interval", "1 ms"}};
  std::vector<int> left = *order;
  for (int number = 1; !left.empty(); ++number) {
    // The controllership may have moved: whoever has it now comes last.
    const int controller = cluster.state().controller_id;
    auto next = std::find_if(left.begin(), left.end(), [&](int id) { return id != controller; });
    if (next == left.end()) next = left.begin();
    const int id = *next;
    left.erase(next);
    progress(fmt::format("{} of {}: {} {}", number, order->size(), is_broker(id) ? "broker" : "controller", id));
    Result<Round> round = play(cluster, id, number, fmt::format("baton-rolling-{}-{}", run, number), brokers, options, progress);
    if (!round) return tl::unexpected(round.error());
    said(*round);
    report.rounds.push_back(std::move(*round));
  }
  return report;
}

}  // namespace baton::drills
