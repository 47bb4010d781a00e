#include "drills/scenarios/kill_leader.h"

#include <fmt/format.h>
#include <signal.h>

#include "base/random.h"

namespace baton::drills {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kAfterFault{500};  // load goes on for so long before the victim returns

struct Scene {
  int victim = -1;
  std::vector<int> replicas;  // the first leads
  std::string roles;
  bool leader_dies = false, controller_dies = false;
};

// Leaders and victims take turns, so that every broker dies in a long run.
Result<Scene> scene_of(const Cast& cast, Victim victim, int round) {
  size_t n = cast.others.size();
  auto other = [&](int after) { return cast.others[static_cast<size_t>(round + after) % n]; };
  int first = other(0), second = other(1);
  if (cast.controller_alone) {
    const std::vector<int> replicas{first, second, other(2)};
    if (victim == Victim::kLeader) return Scene{first, replicas, "leader", true, false};
    if (victim == Victim::kFollower) return Scene{second, replicas, "follower", false, false};
    if (victim == Victim::kController) return Scene{cast.controller, replicas, "controller", false, true};
    return fail(ErrorCode::kInvalidRequest, "no broker is a controller here, so none is leader and controller in one: --victim leader");
  }
  switch (victim) {
    case Victim::kLeader:
      return Scene{first, {first, second, cast.controller}, "leader", true, false};
    case Victim::kController:
      return Scene{cast.controller, {first, second, cast.controller}, "controller and follower", false, true};
    case Victim::kFollower:
      return Scene{second, {first, second, cast.controller}, "follower", false, false};
    case Victim::kBoth:
      return Scene{cast.controller, {cast.controller, first, second}, "leader and controller", true, true};
  }
  return fail(ErrorCode::kInvalidRequest, "no such victim");
}

// What has to happen after the kill, in milliseconds since it, into the round.
void observe_succession(Round& round, const Scene& scene, Bed& bed, cluster::Cluster& cluster, Instant killed, const SystemClock& clock) {
  if (scene.controller_dies) {
    bool ruled = wait_for(kPatience, [&] {
      std::optional<control::Status> answer = cluster.ask(std::chrono::milliseconds(200));
      return answer && answer->controller_id() >= 0 && answer->controller_id() != scene.victim;
    });
    if (ruled) {
      round.figures["new controller, ms"] = ms_between(killed, clock.now().ns);
      round.timeline.push_back({"a new controller is known", ms_between(killed, clock.now().ns)});
    } else {
      round.failures.push_back("no new controller within 60 s");
    }
  }
  std::optional<Outcome> raw;
  std::optional<Delivery> kafka;
  wait_for(kPatience, [&] {
    if (!raw) raw = bed.probe().first_acknowledged(killed, scene.victim);
    if (!kafka) kafka = bed.load().first_acknowledged(killed);
    return raw && kafka;
  });
  if (raw) {
    round.figures["first acknowledgement, raw probe, ms"] = ms_between(killed, raw->done_ns);
    round.timeline.push_back(
        {fmt::format("first acknowledgement, raw probe, by broker {}", raw->broker), ms_between(killed, raw->done_ns)});
  } else {
    round.failures.push_back("no acknowledgement (raw probe) within 60 s");
  }
  if (kafka) {
    round.figures["first acknowledgement, librdkafka, ms"] = ms_between(killed, kafka->done_ns);
    round.timeline.push_back({"first acknowledgement, librdkafka", ms_between(killed, kafka->done_ns)});
  } else {
    round.failures.push_back("no acknowledgement (librdkafka) within 60 s");
  }
}

void observe_return(Round& round, const Scene& scene, Bed& bed, cluster::Cluster& cluster, Instant killed, const SystemClock& clock) {
  Instant restarted = clock.now();
  if (Status started = cluster.start_broker(scene.victim); !started) {
    round.failures.push_back("the victim does not start: " + started.error().message);
    return;
  }
  round.timeline.push_back({"victim started again", ms_between(killed, restarted.ns)});
  if (!wait_for(kPatience, [&] { return bed.isr_full(); })) {
    round.failures.push_back("the ISR is not full 60 s after the victim's return");
    return;
  }
  Instant full = clock.now();
  round.timeline.push_back({"ISR full again", ms_between(killed, full.ns)});
  round.figures["return to full ISR, ms"] = ms_between(restarted, full.ns);
}

Result<Round> play(cluster::Cluster& cluster, const KillOptions& options, int number, const std::string& topic) {
  SystemClock clock;
  if (Status healthy = cluster.wait_until_ready(kPatience); !healthy) return tl::unexpected(healthy.error());
  Result<Cast> cast = Cast::of(cluster);
  if (!cast) return tl::unexpected(cast.error());
  Result<Scene> wanted = scene_of(*cast, options.victim, number);
  if (!wanted) return tl::unexpected(wanted.error());
  const Scene& scene = *wanted;
  Bed bed(Place::of(cluster), topic, scene.replicas);
  if (Status ready = bed.prepare({.producer_settings = options.producer_settings}); !ready) return tl::unexpected(ready.error());

  Round round;
  round.number = number;
  round.victim = scene.victim;
  round.roles = scene.roles;
  cluster::PartitionState before = bed.partition();
  round.leader_before = before.leader;
  round.epoch_before = before.leader_epoch;
  if (before.leader != scene.replicas.front() || cluster.state().controller_id != cast->controller) {
    round.doubts.push_back("roles had moved before the kill");
  }
  // Down until we start it: no repair may come between. The kill itself is then one system call.
  Result<cluster::ProcessId> process = cluster.hold_broker(scene.victim);
  if (!process) return tl::unexpected(process.error());
  Instant killed = clock.now();
  if (!cluster::send_signal(*process, SIGKILL)) return fail(ErrorCode::kUnknownServerError, "the victim was gone before the kill");
  round.timeline.push_back({fmt::format("kill -9 of {} (pid {})", cluster::name_of_process(scene.victim), process->pid), 0});

  observe_succession(round, scene, bed, cluster, killed, clock);
  std::this_thread::sleep_for(kAfterFault);
  add_stages(round, cluster, scene.victim, killed);
  cluster::PartitionState after = bed.partition();
  round.leader_after = after.leader;
  round.epoch_after = after.leader_epoch;
  round.figures["longest gap of acks=all writes, raw probe, ms"] =
      static_cast<double>(bed.probe().longest_gap_ns(killed, clock.now())) / 1e6;
  observe_return(round, scene, bed, cluster, killed, clock);
  if (Status settled = bed.settle(round); !settled) round.doubts.push_back(settled.error().message);
  if (scene.leader_dies && after.leader_epoch <= before.leader_epoch) round.doubts.push_back("the leader epoch did not rise");
  if (round.detected_by.empty()) {
    round.doubts.push_back("no node tells how the death was detected");
  } else if (round.detected_by != "proof") {
    round.failures.push_back("detected by " + round.detected_by + ", not by proof of death");
  }
  sort_timeline(round);
  return round;
}

}  // namespace

Result<Report> kill_leader(cluster::Cluster& cluster, const KillOptions& options, const std::function<void(const Round&)>& said) {
  SystemRandom random;
  std::string run = fmt::format("{:06x}", random.below(1u << 24));
  Report report;
  report.settings = {{"acks", "all"}, {"enable.idempotence", "true"}, {"interval", "1 ms"}};
  for (const auto& [key, value] : options.producer_settings) report.settings[key] = value;
  for (int number = 1; number <= options.repeat; ++number) {
    Result<Round> round = play(cluster, options, number, fmt::format("baton-drill-{}-{}", run, number));
    if (!round) return tl::unexpected(round.error());
    said(*round);
    report.rounds.push_back(std::move(*round));
  }
  return report;
}

}  // namespace baton::drills
