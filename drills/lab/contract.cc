#include "drills/lab/contract.h"

#include "drills/lab/simulation.h"

namespace baton::lab {
namespace {

using std::chrono::milliseconds;

constexpr int kFaults = 60;
constexpr milliseconds kBetweenFaults{20};
constexpr milliseconds kToHeal{8000};  // by then one rules; the slowest needs several time-outs of suspicion, of leases and of back-off
constexpr milliseconds kToStay{500};

Conditions setup_of(const std::string& elector, unsigned long seed) {
  Conditions setup;
  setup.elector = elector;
  setup.seed = seed;
  setup.nodes = 3 + static_cast<int>(seed % 3);
  return setup;
}

class Chaos {
 public:
  Chaos(const std::string& elector, unsigned long seed) : simulation(setup_of(elector, seed)), random_(seed ^ 0x9e3779b97f4a7c15ULL) {}

  void fault() {
    const int node = pick();
    const int other = pick();
    const uint64_t dice = random_.below(100);
    if (dice < 10) {
      simulation.crash(node);
    } else if (dice < 25) {
      simulation.start(node);
    } else if (dice < 35) {
      simulation.pause(node);
    } else if (dice < 50) {
      simulation.resume(node);
    } else if (dice < 57) {
      simulation.cut(node, other);
    } else if (dice < 65) {
      simulation.mend(node, other);
    } else if (dice < 70) {
      simulation.cut_from_store(node);
    } else if (dice < 80) {
      simulation.mend_to_store(node);
    } else if (dice < 84) {
      split();
    } else if (dice < 88) {
      simulation.set_loss(random_.chance(0.5) ? 0.2 : 0);
    } else if (dice < 91) {
      simulation.heal();
    } else if (dice < 94) {
      simulation.give(node, election::Yield{milliseconds(random_.below(200))});
    } else {
      const std::vector<int> leaders = simulation.believers();
      const int asker = leaders.empty() ? node : leaders.front();
      if (simulation.alive(other)) simulation.give(asker, election::TransferTo{simulation.guid(other), BrokerId(other)});
    }
  }

  Simulation simulation;

 private:
  int pick() { return 1 + static_cast<int>(random_.below(static_cast<uint64_t>(simulation.nodes()))); }

  void split() {
    std::vector<std::vector<int>> groups(2);
    groups[random_.below(2)].push_back(0);
    for (int node = 1; node <= simulation.nodes(); ++node) groups[random_.below(2)].push_back(node);
    simulation.partition(groups);
  }

  SeededRandom random_;
};

}  // namespace

ContractResult keep_contract(const std::string& elector, unsigned long seed) {
  ContractResult result;
  const auto broken = [&](const std::string& what) { result.broken.push_back(elector + ", seed " + std::to_string(seed) + ": " + what); };
  Chaos chaos(elector, seed);
  Simulation& world = chaos.simulation;
  world.start_all();
  world.run_for(milliseconds(300));
  for (int i = 0; i < kFaults; ++i) {
    chaos.fault();
    world.run_for(kBetweenFaults);
  }
  world.heal();
  const auto one_rules = [&world] { return world.believers().size() == 1; };
  // Two time-outs without a change: what was on its way has arrived.
  const auto settled = [&] {
    const Instant end = world.now() + kToHeal;
    while (world.now() < end) {
      if (!world.run_until(one_rules, end - world.now())) return false;
      const int64_t changes = world.tally().changes;
      world.run_for(kToStay);
      if (one_rules() && world.tally().changes == changes) return true;
    }
    return false;
  };
  if (!settled()) broken("nobody rules, or not for long, after everything has healed");
  const Tally& tally = world.tally();
  for (const std::string& violation : tally.violations) broken(violation);
  if (tally.deposed_writes > 0) broken(std::to_string(tally.deposed_writes) + " writes of a deposed ruler took effect");
  if ((*election::find_elector(elector, electors()))->exclusive && tally.double_nominations > 0) {
    broken("two were nominated at a time, " + std::to_string(tally.double_nominations) + " times");
  }
  result.rules = tally.changes;
  result.writes = tally.writes;
  result.faults = kFaults;
  return result;
}

}  // namespace baton::lab
