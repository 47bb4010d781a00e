#include "drills/scenarios/saturate.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "drills/scenarios/flood.h"
#include "drills/scenarios/machine.h"
#include "drills/scenarios/vigil.h"

namespace baton::drills {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kLookEvery{200}, kLookWithin{5000};
constexpr std::chrono::seconds kFloodTime{20};  // then another topic takes its place, and the old one's disk space is free again
constexpr std::chrono::seconds kTellEvery{30};
constexpr double kSaturated = 0.95;  // of all cores' time

using Clock = std::chrono::steady_clock;

// The load, the looks at the nodes and the books of one run.
struct Watch {
  Watch(const cluster::Cluster& cluster, Instant since) : vigil(cluster, since) {}

  Vigil vigil;
  uint64_t unanswered = 0, load_records = 0, load_failed = 0, load_lost = 0, topics = 0;
  double slowest_creation_ms = 0, load_average_sum = 0, load_average_max = 0;
  uint64_t load_averages = 0;
  std::vector<std::string> doubts;

  void look() {
    unanswered += vigil.look(kLookWithin);
    if (std::optional<double> average = read_load_average()) {
      load_average_sum += *average;
      load_average_max = std::max(load_average_max, *average);
      ++load_averages;
    }
  }

  void account(Flood& flood) {
    flood.stop();
    load_records += flood.acknowledged();
    load_failed += flood.failed();
    Result<uint64_t> lost = flood.lost();
    if (lost) load_lost += *lost;
    if (!lost) doubts.push_back(lost.error().message);
  }
};

Result<std::unique_ptr<Flood>> next_flood(Watch& watch, const std::string& bootstrap, const std::string& run, int producers) {
  FloodOptions options;
  options.bootstrap = bootstrap;
  options.topic = fmt::format("baton-drill-{}-load-{}", run, ++watch.topics);
  options.producers = producers;
  auto flood = std::make_unique<Flood>(options);
  auto begun = Clock::now();
  if (Status started = flood->start(); !started) return tl::unexpected(started.error());
  std::chrono::duration<double, std::milli> took = Clock::now() - begun;
  watch.slowest_creation_ms = std::max(watch.slowest_creation_ms, took.count());
  return flood;
}

// Returns when the time is over.
Status keep_busy(Watch& watch, const std::string& bootstrap, const std::string& run, const SaturateOptions& options, const Say& say) {
  Burners burners(options.burners);
  auto begun = Clock::now(), told = begun;
  std::unique_ptr<Flood> flood;
  auto flood_since = begun - kFloodTime;
  while (Clock::now() - begun < options.time) {
    auto look_again = Clock::now() + kLookEvery;
    if (Clock::now() - flood_since >= kFloodTime) {
      Result<std::unique_ptr<Flood>> next = next_flood(watch, bootstrap, run, options.producers);
      if (!next) return tl::unexpected(next.error());
      std::swap(flood, *next);
      if (*next) watch.account(**next);
      flood_since = Clock::now();
    }
    watch.look();
    if (Clock::now() - told >= kTellEvery) {
      told = Clock::now();
      auto seconds = std::chrono::duration_cast<std::chrono::seconds>(told - begun).count();
      say(fmt::format("{:>5} s of {}: load average {:.1f}, {} signs of a false failover", seconds, options.time.count(),
                      read_load_average().value_or(-1), watch.vigil.signs().found().size()));
    }
    std::this_thread::sleep_until(look_again);
  }
  if (flood) watch.account(*flood);
  watch.look();
  return {};
}

// Latencies of the raw probe's acknowledged records, in milliseconds.
void add_latencies(Round& round, const RawProbe& probe, Instant from, Instant to) {
  std::vector<int64_t> taken;
  uint64_t refused = 0;
  for (const Outcome& outcome : probe.outcomes()) {
    if (outcome.sent_ns < from.ns || outcome.sent_ns > to.ns) continue;
    if (outcome.error == 0) taken.push_back(outcome.done_ns - outcome.sent_ns);
    refused += outcome.error != 0;
  }
  round.counts["records of the raw probe refused or unanswered"] = refused;
  if (taken.empty()) return;
  std::sort(taken.begin(), taken.end());
  for (double quantile : {0.5, 0.99, 0.999}) {
    auto at = std::min(taken.size() - 1, static_cast<size_t>(quantile * static_cast<double>(taken.size())));
    round.figures[fmt::format("acks=all latency, raw probe, p{}, ms", quantile * 100)] = static_cast<double>(taken[at]) / 1e6;
  }
  round.figures["longest gap of acks=all writes, raw probe, ms"] = static_cast<double>(probe.longest_gap_ns(from, to)) / 1e6;
}

void judge(Round& round, const Watch& watch, std::optional<double> busy) {
  const Signs& signs = watch.vigil.signs();
  for (const std::string& sign : signs.found()) round.failures.push_back(sign);
  if (watch.load_lost > 0) round.failures.push_back(fmt::format("{} acknowledged records of the load are lost", watch.load_lost));
  for (const std::string& doubt : watch.doubts) round.doubts.push_back(doubt);
  round.counts["signs of a false failover"] = signs.found().size();
  round.counts["looks at a node"] = signs.looks();
  round.counts["looks that a node did not answer within 5 s"] = watch.unanswered;
  round.counts["partitions watched"] = signs.partitions();
  round.counts["load: topics made and removed"] = watch.topics;
  round.counts["load: records acknowledged"] = watch.load_records;
  round.counts["load: records never acknowledged"] = watch.load_failed;
  round.counts["load: acknowledged records lost"] = watch.load_lost;
  round.figures["shortest rest of a lease, ms"] = static_cast<double>(signs.shortest_lease_ms());
  round.figures["slowest creation of a topic, ms"] = watch.slowest_creation_ms;
  round.figures["load average, mean"] = watch.load_averages == 0 ? 0 : watch.load_average_sum / static_cast<double>(watch.load_averages);
  round.figures["load average, highest"] = watch.load_average_max;
  if (signs.looks() == 0) round.doubts.push_back("no node was looked at");
  if (!busy) {
    round.doubts.push_back("/proc/stat does not tell how busy the cores were");
    return;
  }
  round.figures["cores busy, percent"] = *busy * 100;
  if (*busy < kSaturated)
    round.doubts.push_back(fmt::format("the cores were busy for {:.1f} % of the time only: no saturation", *busy * 100));
}

}  // namespace

Result<Report> saturate(cluster::Cluster& cluster, const SaturateOptions& options, const Say& say,
                        const std::function<void(const Round&)>& said) {
  SystemClock clock;
  SystemRandom random;
  std::string run = fmt::format("{:06x}", random.below(1u << 24));
  if (Status healthy = cluster.wait_until_healthy(kPatience); !healthy) return tl::unexpected(healthy.error());
  Result<Cast> cast = Cast::of(cluster);
  if (!cast) return tl::unexpected(cast.error());
  Bed bed(Place::of(cluster), fmt::format("baton-drill-{}", run), {cast->others[0], cast->others[1], cast->brokers()[2]});
  if (Status ready = bed.prepare({.interval = std::chrono::milliseconds(5)}); !ready) return tl::unexpected(ready.error());

  Round round;
  round.number = 1;
  round.roles = fmt::format("{} s under load, nothing broken", options.time.count());
  Instant begun = clock.now();
  Watch watch(cluster, begun);
  std::optional<CpuTicks> before = read_cpu_ticks();
  if (Status done = keep_busy(watch, cluster.description().bootstrap(), run, options, say); !done)
    round.failures.push_back(done.error().message);
  std::optional<CpuTicks> after = read_cpu_ticks();
  Instant ended = clock.now();
  double seconds = static_cast<double>(ended.ns - begun.ns) / 1e9;
  round.figures["load: MB acknowledged per second"] = static_cast<double>(watch.load_records) * 1000 / 1e6 / seconds;
  add_latencies(round, bed.probe(), begun, ended);
  judge(round, watch, before && after ? busy_between(*before, *after) : std::nullopt);
  if (Status settled = bed.settle(round); !settled) round.doubts.push_back(settled.error().message);
  said(round);

  Report report;
  report.settings = {{"acks", "all"}, {"enable.idempotence", "true"}, {"interval of the measured writers", "5 ms"}};
  report.rounds.push_back(std::move(round));
  return report;
}

}  // namespace baton::drills
