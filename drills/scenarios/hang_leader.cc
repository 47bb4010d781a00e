#include "drills/scenarios/hang_leader.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "base/random.h"

namespace baton::drills {
namespace {

constexpr std::chrono::seconds kPatience{60};

Status check_supervised(const cluster::Cluster& cluster) {
  for (const cluster::BrokerEntry& broker : cluster.description().brokers) {
    if (broker.supervised) continue;
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("broker {} has no supervisor: `baton down`, then `baton up --set broker.supervised=true`", broker.id));
  }
  return {};
}

bool has(const Round& round, std::string_view moment) {
  return std::any_of(round.timeline.begin(), round.timeline.end(), [&](const Moment& each) { return each.what.starts_with(moment); });
}

// Who leads hangs; who is neither takes over and tells of it.
std::vector<int> replicas_of(const Cast& cast, const HangOptions& options, int round) {
  const size_t n = cast.others.size();
  const int first = cast.others[static_cast<size_t>(round) % n], second = cast.others[static_cast<size_t>(round + 1) % n];
  if (options.controller) return {cast.controller, first, second};
  return {first, second, cast.controller};
}

void observe_succession(Round& round, Bed& bed, Instant stopped) {
  std::optional<Outcome> raw;
  wait_for(kPatience, [&] { return (raw = bed.probe().first_acknowledged(stopped, round.victim)).has_value(); });
  if (raw) {
    round.figures["first acknowledgement, raw probe, ms"] = ms_between(stopped, raw->done_ns);
    round.timeline.push_back(
        {fmt::format("first acknowledgement, raw probe, by broker {}", raw->broker), ms_between(stopped, raw->done_ns)});
  } else {
    round.failures.push_back("no acknowledgement (raw probe) within 60 s");
  }
  // librdkafka does not tell who acknowledged: what was sent once the supervisor may have acted was so by the successor.
  std::optional<Delivery> kafka;
  const Instant sent_after = raw ? Instant{raw->sent_ns} : stopped;
  wait_for(kPatience, [&] { return (kafka = bed.load().first_acknowledged(sent_after)).has_value(); });
  if (kafka) {
    round.figures["first acknowledgement, librdkafka, ms"] = ms_between(stopped, kafka->done_ns);
    round.timeline.push_back({"first acknowledgement, librdkafka", ms_between(stopped, kafka->done_ns)});
  } else {
    round.failures.push_back("no acknowledgement (librdkafka) within 60 s");
  }
}

void observe_return(Round& round, Bed& bed, cluster::Cluster& cluster, const cluster::ProcessId& former, Instant stopped,
                    const SystemClock& clock) {
  if (!cluster::wait_until_gone(former, kPatience)) {
    round.failures.push_back("the stopped process was not killed within 60 s");
    cluster::send_signal(former, SIGCONT);
  }
  if (!wait_for(kPatience, [&] { return cluster.description().broker(round.victim)->own().pid > 0 && bed.isr_full(); })) {
    round.failures.push_back("the ISR is not full 60 s after the hang");
    return;
  }
  round.timeline.push_back({"started anew, ISR full again", ms_between(stopped, clock.now().ns)});
  round.figures["full ISR again, ms"] = ms_between(stopped, clock.now().ns);
}

void judge(Round& round, const cluster::PartitionState& before, const cluster::PartitionState& after) {
  if (after.leader_epoch <= before.leader_epoch) round.doubts.push_back("the leader epoch did not rise");
  if (round.detected_by.empty()) round.doubts.push_back("no node tells how the death was detected");
  if (!round.detected_by.empty() && round.detected_by != "proof")
    round.failures.push_back("detected by " + round.detected_by + ", not by proof of death");
  if (!has(round, "leave to kill")) round.failures.push_back("no node tells of a leave to kill: the death was not the supervisor's work");
}

Result<Round> play(cluster::Cluster& cluster, const HangOptions& options, int number, const std::string& topic) {
  SystemClock clock;
  if (Status healthy = cluster.wait_until_healthy(kPatience); !healthy) return tl::unexpected(healthy.error());
  Result<Cast> cast = Cast::of(cluster);
  if (!cast) return tl::unexpected(cast.error());
  const std::vector<int> replicas = replicas_of(*cast, options, number);
  Bed bed(Place::of(cluster), topic, replicas);
  if (Status ready = bed.prepare(); !ready) return tl::unexpected(ready.error());

  Round round;
  round.number = number;
  round.victim = replicas.front();
  round.roles = options.controller ? "leader and controller" : "leader";
  const cluster::PartitionState before = bed.partition();
  round.leader_before = before.leader;
  round.epoch_before = before.leader_epoch;
  if (before.leader != round.victim) round.doubts.push_back("roles had moved before the hang");
  const cluster::ProcessId process = cluster.description().broker(round.victim)->own();
  const Instant stopped = clock.now();
  if (!cluster::send_signal(process, SIGSTOP)) return fail(ErrorCode::kUnknownServerError, "the leader was gone before it was stopped");
  round.timeline.push_back({fmt::format("SIGSTOP of broker {} (pid {})", round.victim, process.pid), 0});

  observe_succession(round, bed, stopped);
  const cluster::PartitionState after = bed.partition();
  round.leader_after = after.leader;
  round.epoch_after = after.leader_epoch;
  observe_return(round, bed, cluster, process, stopped, clock);
  // A standby's leave is told by the standby, which has become the controller or not.
  add_stages(round, cluster, round.victim, stopped);
  round.figures["longest gap of acks=all writes, raw probe, ms"] =
      static_cast<double>(bed.probe().longest_gap_ns(stopped, clock.now())) / 1e6;
  judge(round, before, after);
  if (Status settled = bed.settle(round); !settled) round.doubts.push_back(settled.error().message);
  sort_timeline(round);
  return round;
}

}  // namespace

Result<Report> hang_leader(cluster::Cluster& cluster, const HangOptions& options, const std::function<void(const Round&)>& said) {
  if (Status supervised = check_supervised(cluster); !supervised) return tl::unexpected(supervised.error());
  SystemRandom random;
  const std::string run = fmt::format("{:06x}", random.below(1u << 24));
  Report report;
  report.settings = {{"acks", "all"}, {"enable.idempotence", "true"}, {"interval", "1 ms"}};
  for (int number = 1; number <= options.repeat; ++number) {
    Result<Round> round = play(cluster, options, number, fmt::format("baton-drill-{}-{}", run, number));
    if (!round) return tl::unexpected(round.error());
    said(*round);
    report.rounds.push_back(std::move(*round));
  }
  return report;
}

}  // namespace baton::drills
