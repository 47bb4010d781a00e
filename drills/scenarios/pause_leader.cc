#include "drills/scenarios/pause_leader.h"

#include <fmt/format.h>
#include <signal.h>

#include "base/random.h"
#include "cli/client/kafka_client.h"
#include "cli/cluster/controller_request.h"

namespace baton::drills {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kAfterResumption{1500};
constexpr char kStubborn[] = "stubborn";  // the client that stays with the deposed leader

ProbeOptions stubborn_client(const cluster::Cluster& cluster, const std::string& topic, int leader) {
  ProbeOptions options;
  options.bootstrap = *client::KafkaClient::parse_bootstrap(cluster.description().bootstrap());
  options.topic = topic;
  options.acks = 1;
  options.name = kStubborn;
  options.pinned = leader;
  return options;
}

// What the resumed leader did with the requests that waited for it.
void judge_resumed(Round& round, const RawProbe& stubborn, Instant resumed, bool deposed, Ledger& ledger) {
  uint64_t& acknowledged = round.counts["acknowledged by the resumed leader (acks=1)"];
  uint64_t& refused = round.counts["refused by the resumed leader (acks=1)"];
  uint64_t& closed = round.counts["unanswered by the resumed leader, connection closed (acks=1)"];
  for (const Outcome& outcome : stubborn.outcomes()) {
    if (outcome.done_ns < resumed.ns) {
      // Before the pause it led by right, and no follower need have had the record yet: what acks=1 risks.
      if (outcome.error == 0) ledger.acknowledged_by_leader(kStubborn, outcome.sequence, outcome.offset);
      continue;
    }
    if (outcome.error == 0 && deposed) ledger.acknowledged(kStubborn, outcome.sequence, outcome.offset);
    if (outcome.error == 0 && !deposed) ledger.acknowledged_by_leader(kStubborn, outcome.sequence, outcome.offset);
    acknowledged += outcome.error == 0;
    closed += outcome.error == kUnanswered;
    if (outcome.error == 0 || outcome.error == kUnanswered) continue;
    ++refused;
    ++round.counts[fmt::format("of these with {}", name_of(static_cast<ErrorCode>(outcome.error)))];
  }
  if (acknowledged > 0 && deposed) round.failures.push_back(fmt::format("the resumed leader acknowledged {} acks=1 writes", acknowledged));
  if (refused + closed == 0) round.doubts.push_back("nothing was refused: no write reached the resumed leader");
}

// The first record that was sent after the pause began and acknowledged by another broker. What the kernel held of the old leader's
// answers when it was stopped does not count.
std::optional<Outcome> first_of_another(const RawProbe& probe, Instant since, int leader) {
  for (const Outcome& outcome : probe.outcomes()) {
    if (outcome.error == 0 && outcome.sent_ns >= since.ns && outcome.broker != leader) return outcome;
  }
  return std::nullopt;
}

// The successor is to lead for as long as is judged: what the resumed one acknowledges then, it acknowledges as a deposed leader. The
// order goes with the topic.
Status hold_leader(const cluster::Cluster& cluster, const std::string& topic, int leader) {
  control::Request request;
  request.mutable_move_leaders()->set_kind(control::MoveLeaders::NAMED);
  request.mutable_move_leaders()->set_to(leader);
  request.mutable_move_leaders()->add_partitions()->set_topic(topic);
  Result<control::Response> answer = cluster::ask_controller(cluster.description(), request, client::after(kPatience));
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

Result<Round> play(cluster::Cluster& cluster, const PauseOptions& options, int number, const std::string& topic) {
  SystemClock clock;
  if (Status healthy = cluster.wait_until_ready(kPatience); !healthy) return tl::unexpected(healthy.error());
  Result<Cast> cast = Cast::of(cluster);
  if (!cast) return tl::unexpected(cast.error());
  // Each broker in turn, the controller too.
  std::vector<int> order = cast->brokers();
  std::sort(order.begin(), order.end());
  std::rotate(order.begin(), order.begin() + static_cast<int64_t>(static_cast<size_t>(number - 1) % order.size()), order.end());
  Bed bed(Place::of(cluster), topic, {order[0], order[1], order[2]});
  if (Status ready = bed.prepare(); !ready) return tl::unexpected(ready.error());
  RawProbe stubborn(stubborn_client(cluster, topic, order[0]));
  stubborn.start();
  if (!wait_for(kPatience, [&] { return stubborn.acknowledged() >= 100; }))
    return fail(ErrorCode::kRequestTimedOut, "acks=1 writes are not acknowledged");

  Round round;
  round.number = number;
  round.victim = order[0];
  round.roles = order[0] == cast->controller ? "leader and controller" : "leader";
  cluster::PartitionState before = bed.partition();
  round.leader_before = before.leader;
  round.epoch_before = before.leader_epoch;
  cluster::ProcessId process = cluster.description().broker(round.victim)->own();
  Instant stopped = clock.now();
  if (!cluster::send_signal(process, SIGSTOP)) return fail(ErrorCode::kUnknownServerError, "the leader was gone before the pause");
  round.timeline.push_back({fmt::format("SIGSTOP of broker {} (pid {})", round.victim, process.pid), 0});
  std::this_thread::sleep_for(options.pause);
  // A machine that is busy with something else may take longer, and who resumes before anybody follows it is no deposed leader.
  std::optional<Outcome> raw;
  wait_for(kPatience, [&] { return (raw = first_of_another(bed.probe(), stopped, round.victim)).has_value(); });
  if (raw) {
    round.figures["first acknowledgement, raw probe, ms"] = ms_between(stopped, raw->done_ns);
    round.timeline.push_back(
        {fmt::format("first acknowledgement, raw probe, by broker {}", raw->broker), ms_between(stopped, raw->done_ns)});
  } else {
    round.failures.push_back(
        fmt::format("no acknowledgement by a successor within {} s of the pause", ms_between(stopped, clock.now().ns) / 1000));
  }
  // Whoever is asked may not have heard of it yet, or know of no controller for a moment.
  cluster::PartitionState after;
  wait_for(raw ? kPatience : std::chrono::seconds(0), [&] { return (after = bed.partition()).leader_epoch > before.leader_epoch; });
  round.leader_after = after.leader;
  round.epoch_after = after.leader_epoch;
  const bool deposed = after.leader_epoch > before.leader_epoch;
  if (!deposed)
    round.doubts.push_back("no new leader was elected during the pause: what the resumed one acknowledges, it acknowledges by right");
  add_stages(round, cluster, round.victim, stopped);
  if (Status held = hold_leader(cluster, topic, after.leader); !held) round.doubts.push_back(held.error().message);
  Instant resumed = clock.now();
  cluster::send_signal(process, SIGCONT);
  round.timeline.push_back({"SIGCONT", ms_between(stopped, resumed.ns)});
  std::this_thread::sleep_for(kAfterResumption);
  stubborn.stop();
  judge_resumed(round, stubborn, resumed, deposed, bed.ledger());
  if (wait_for(kPatience, [&] { return bed.isr_full(); })) {
    round.timeline.push_back({"ISR full again", ms_between(stopped, clock.now().ns)});
  } else {
    round.failures.push_back("the ISR is not full 60 s after the leader's return");
  }
  if (Status settled = bed.settle(round); !settled) round.doubts.push_back(settled.error().message);
  sort_timeline(round);
  return round;
}

}  // namespace

Result<Report> pause_leader(cluster::Cluster& cluster, const PauseOptions& options, const std::function<void(const Round&)>& said) {
  for (const cluster::BrokerEntry& broker : cluster.description().brokers) {
    if (!broker.supervised) continue;
    return fail(ErrorCode::kInvalidRequest,
                "supervised brokers do not stay stopped: `baton down`, then `baton up --set broker.supervised=false` (or `baton drill "
                "hang-leader`)");
  }
  int rounds = options.repeat;
  if (options.each) {
    Result<Cast> cast = Cast::of(cluster);
    if (!cast) return tl::unexpected(cast.error());
    rounds *= static_cast<int>(cast->others.size()) + 1;
  }
  SystemRandom random;
  std::string run = fmt::format("{:06x}", random.below(1u << 24));
  Report report;
  report.settings = {{"acks", "all, and 1 by the client that stays"}, {"interval", "1 ms"}};
  for (int number = 1; number <= rounds; ++number) {
    Result<Round> round = play(cluster, options, number, fmt::format("baton-drill-{}-{}", run, number));
    if (!round) return tl::unexpected(round.error());
    said(*round);
    report.rounds.push_back(std::move(*round));
  }
  return report;
}

}  // namespace baton::drills
