#include "drills/lab/experiment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "drills/lab/priority.h"

namespace baton::lab {
namespace {

using election::MessageKind;

struct Trial {
  int first = 0;
  double rounds = -1;
  Tally whole;      // of the run
  Tally at_fault;   // as it stood then
  Tally at_leader;  // and when the election was over
  Tally at_healing;
  Tally before_calm;
  Duration length{};
  Duration calm{};
};

Conditions conditions(const Cell& cell, uint64_t seed, bool claim) {
  Conditions conditions;
  conditions.elector = cell.elector;
  conditions.nodes = cell.nodes;
  conditions.seed = seed;
  conditions.claim = claim;
  conditions.delay = cell.delay;
  conditions.timing.suspect = cell.timeout;
  conditions.timing.beat = cell.timeout / 5;
  conditions.timing.answer = std::max(cell.delay * 4, cell.timeout / 10);
  conditions.session_timeout = cell.timeout;
  // The ring's order is chance; the seed's.
  SeededRandom random(seed * 31 + 7);
  conditions.order.resize(static_cast<size_t>(cell.nodes));
  std::iota(conditions.order.begin(), conditions.order.end(), 1);
  for (size_t i = conditions.order.size(); i > 1; --i) std::swap(conditions.order[i - 1], conditions.order[random.below(i)]);
  return conditions;
}

// What garbage collectors, swapping and busy hosts do.
void stall_now_and_then(Simulation& world, uint64_t seed) {
  constexpr int kStalls = 60;
  SeededRandom random(seed);
  for (int i = 0; i < kStalls; ++i) {
    const int node = 1 + static_cast<int>(random.below(static_cast<uint64_t>(world.nodes())));
    world.pause(node);
    world.run_for(std::chrono::milliseconds(1 << random.below(8)));
    world.resume(node);
    world.run_for(std::chrono::milliseconds(50));
  }
}

Trial run(const Cell& cell, uint64_t seed, bool claim) {
  Simulation world(conditions(cell, seed, claim));
  const election::ElectionTiming timing = world.setup().timing;
  const Duration patience = timing.suspect * 30 + (timing.answer + cell.delay) * (8 * static_cast<int64_t>(cell.nodes));
  const Instant start = world.now();
  Trial trial;
  world.start_all();
  const auto rounds_since = [&](Instant from) {
    return static_cast<double>((world.now() - from).count()) / static_cast<double>(2 * cell.delay.count());
  };
  const bool led = world.run_until([&] { return !world.believers().empty(); }, patience);
  if (led) {
    trial.first = world.believers().front();
    trial.rounds = rounds_since(start);
  }
  // What is under way ends; without a fault it is this election that is counted.
  world.run_for(timing.suspect);
  trial.at_leader = world.tally();
  trial.at_fault.handled.resize(trial.at_leader.handled.size());
  world.run_for(timing.suspect * 2);
  if (cell.fault != Fault::Kind::kNone) {
    const Fault fault{cell.fault, {}, {}, {}};
    trial.at_fault = world.tally();
    const Instant struck = world.now();
    const std::vector<int> struck_ones = victims(world, fault);
    begin(world, fault, struck_ones);
    const auto another = [&] {
      for (int id : world.believers()) {
        if (std::find(struck_ones.begin(), struck_ones.end(), id) == struck_ones.end()) return true;
      }
      return false;
    };
    const bool recovered =
        world.run_until(another, timing.suspect * 8 + (timing.answer + cell.delay) * (6 * static_cast<int64_t>(cell.nodes)));
    trial.rounds = recovered ? rounds_since(struck) : -1;
    world.run_for(timing.suspect);
    trial.at_leader = world.tally();
    world.run_for(timing.suspect);
    trial.at_healing = world.tally();
    end(world, fault, struck_ones);
    world.run_for(timing.suspect * 6);
  } else {
    trial.at_healing = world.tally();
  }
  trial.before_calm = world.tally();
  const Instant calm = world.now();
  if (cell.stalls && !claim) stall_now_and_then(world, seed);
  trial.calm = world.now() - calm;
  trial.whole = world.tally();
  trial.length = world.now() - start;
  return trial;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

double jain(const std::vector<double>& shares) {
  double sum = 0;
  double squares = 0;
  for (double share : shares) {
    sum += share;
    squares += share * share;
  }
  return squares == 0 ? 0 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

// Of the whole run without the claim.
double busiest_share(const Tally& tally) {
  const auto all = std::accumulate(tally.handled.begin(), tally.handled.end(), int64_t{0});
  const auto most = *std::max_element(tally.handled.begin(), tally.handled.end());
  return all == 0 ? 0 : static_cast<double>(most) / static_cast<double>(all);
}

void add_alone(Figures& sum, const Trial& trial) {
  const auto between = [&](auto Tally::*field) { return static_cast<double>(trial.at_leader.*field - trial.at_fault.*field); };
  const auto sent = [&](MessageKind kind) { return static_cast<double>(trial.at_leader.sent(kind) - trial.at_fault.sent(kind)); };
  const double messages = sent(MessageKind::kElection);
  sum.messages += messages;
  sum.messages_max = std::max(sum.messages_max, messages);
  sum.announcements += sent(MessageKind::kAnnouncement);
  const auto election = static_cast<size_t>(MessageKind::kElection);
  sum.bytes += static_cast<double>(trial.at_leader.bytes[election] - trial.at_fault.bytes[election]);
  sum.store_calls += between(&Tally::store_reads) + between(&Tally::store_writes);
  sum.doubles += static_cast<double>(trial.whole.doubles);
  const auto length = static_cast<double>(trial.length.count());
  sum.double_share += static_cast<double>(trial.whole.double_time.count()) / length;
  sum.leaderless += static_cast<double>(trial.whole.leaderless_time.count()) / length;
  sum.deposed_writes += static_cast<double>(trial.whole.deposed_writes);
  sum.disturbed += static_cast<double>(trial.before_calm.changes - trial.at_healing.changes);
  sum.busiest += busiest_share(trial.whole);
  sum.no_leader += trial.rounds < 0 ? 1 : 0;
  if (trial.calm > Duration{}) {
    const double minutes = static_cast<double>(trial.calm.count()) / 6e10;
    sum.false_changes += static_cast<double>(trial.whole.changes - trial.before_calm.changes) / minutes;
  }
}

// Priority orders a few known nodes; for a thousand it would double the time for nothing.
constexpr int kNodesToPreferFrom = 100;

void add_preferred(Figures& figures) {
  const Cell& cell = figures.cell;
  std::vector<double> firsts(static_cast<size_t>(cell.nodes));
  figures.preferred_leads = 0;
  for (unsigned long seed = 1; seed <= cell.seeds; ++seed) {
    const Preferred one = prefer_one(conditions(cell, seed, false));
    if (one.first > 0) firsts[static_cast<size_t>(one.first) - 1] += 1;
    figures.preferred_leads += one.led / static_cast<double>(cell.seeds);
  }
  figures.fairness_preferred = jain(firsts);
}

}  // namespace

double theory_of(const std::string& elector, int nodes) {
  const double n = nodes;
  if (elector == "bully") return n * (n - 1);
  if (elector == "ring") {
    double harmonic = 0;
    for (int i = 1; i <= nodes; ++i) harmonic += 1.0 / i;
    return n * harmonic;
  }
  if (elector == "hirschberg-sinclair") return 8 * n * (1 + std::ceil(std::log2(n)));
  if (elector == "raft" || elector == "paxos") return 4 * (n - 1);
  return -1;
}

Figures measure(const Cell& cell) {
  Figures figures;
  figures.cell = cell;
  std::vector<double> alone;
  std::vector<double> ruled;
  std::vector<double> firsts(static_cast<size_t>(cell.nodes));
  for (unsigned long seed = 1; seed <= cell.seeds; ++seed) {
    const Trial trial = run(cell, seed, false);
    add_alone(figures, trial);
    if (trial.rounds >= 0) alone.push_back(trial.rounds);
    if (trial.first > 0) firsts[static_cast<size_t>(trial.first) - 1] += 1;
    const Trial with_claim = run(cell, seed, true);
    if (with_claim.rounds >= 0) ruled.push_back(with_claim.rounds);
    figures.ruled_twice += static_cast<double>(with_claim.whole.violations.size()) + static_cast<double>(with_claim.whole.deposed_writes);
  }
  const auto trials = static_cast<double>(cell.seeds);
  for (double Figures::*mean :
       {&Figures::messages, &Figures::announcements, &Figures::bytes, &Figures::store_calls, &Figures::doubles, &Figures::double_share,
        &Figures::leaderless, &Figures::deposed_writes, &Figures::disturbed, &Figures::busiest, &Figures::false_changes}) {
    figures.*mean /= trials;
  }
  figures.rounds_median = quantile(alone, 0.5);
  figures.rounds_p99 = quantile(alone, 0.99);
  figures.rule_rounds_median = quantile(ruled, 0.5);
  figures.fairness = jain(firsts);
  if (cell.fault == Fault::Kind::kNone) {
    figures.theory = theory_of(cell.elector, cell.nodes);
    if (cell.nodes <= kNodesToPreferFrom) add_preferred(figures);
  }
  return figures;
}

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"messages", &Figures::messages, "election messages between candidates, on the mean"},
      {"messages_max", &Figures::messages_max, "the same, at worst"},
      {"theory", &Figures::theory, "what theory says of an election that all begin; -1: no such theory"},
      {"bytes", &Figures::bytes, "of these messages"},
      {"announcements", &Figures::announcements, "messages that tell who was elected"},
      {"store_calls", &Figures::store_calls, "reads and writes of the store"},
      {"rounds_median", &Figures::rounds_median, "round trips until somebody leads, without the claim"},
      {"rounds_p99", &Figures::rounds_p99, "the same, 99 of 100"},
      {"rule_rounds_median", &Figures::rule_rounds_median, "round trips until somebody rules, with the claim"},
      {"leaderless", &Figures::leaderless, "share of time without a leader"},
      {"doubles", &Figures::doubles, "second leaders beside a first one, a trial, without the claim"},
      {"double_share", &Figures::double_share, "share of time with two"},
      {"deposed_writes", &Figures::deposed_writes, "writes of a deposed leader, a trial, without the claim"},
      {"ruled_twice", &Figures::ruled_twice, "epochs ruled twice and writes of deposed rulers, with the claim"},
      {"disturbed", &Figures::disturbed, "changes of leader after everything has healed, a trial"},
      {"fairness", &Figures::fairness, "Jain's index of who leads first: from 1/n to 1"},
      {"fairness_preferred", &Figures::fairness_preferred, "the same where one is preferred by priority; without a fault"},
      {"preferred_leads", &Figures::preferred_leads, "share of time that the preferred leads, to whom others hand over"},
      {"busiest", &Figures::busiest, "share of all messages and calls that the busiest handles"},
      {"no_leader", &Figures::no_leader, "trials in which none came in time"},
      {"false_changes", &Figures::false_changes, "changes of leader a minute in which nodes stall now and then, and nothing dies"},
  };
  return all;
}

}  // namespace baton::lab
