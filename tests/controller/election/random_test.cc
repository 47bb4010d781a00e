// Hundreds of random lives of a few processes: requests and answers delayed and lost, connections cut, sessions expired,
// processes killed and started anew, deaths proven, places given away. Whatever happens: no epoch has two rulers, the
// epoch never falls, and a process has one live node in the queue. Once the faults end, exactly one rules.
#include <gmock/gmock.h>

#include "base/random.h"
#include "controller/coordination/paths.h"
#include "controller/election/queue.h"
#include "tests/controller/election/world.h"

namespace baton::election {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kSeeds = 200;
constexpr int kSteps = 3000;
constexpr int kProcesses = 4;

class Chaos {
 public:
  Chaos(const std::string& elector, uint64_t seed) : world(elector), random_(seed) {
    for (int i = 0; i < kProcesses; ++i) start_one();
  }

  void step() {
    const std::string name = pick();
    World::Process& process = world.process(name);
    uint64_t dice = random_.below(1000);
    if (process.writing && random_.chance(0.02)) world.finish_write(name);
    if (dice < 450) {
      world.serve(name);
    } else if (dice < 900) {
      world.deliver(name);
    } else if (dice < 915) {
      world.serve(name, random_.chance(0.5) ? World::Fate::kLostBefore : World::Fate::kLostAfter);
    } else if (dice < 925) {
      process.writing = random_.chance(0.1);
      if (process.claim->ruling() != ControllerEpoch()) world.hand_over(name, pick());
    } else if (dice < 960) {
      world.now = world.now + std::chrono::milliseconds(random_.below(100));
      world.wake(name);
    } else if (dice < 970) {
      if (process.connected) world.disconnect(name);
    } else if (dice < 985) {
      world.reconnect(name);
    } else if (dice < 988) {
      world.expire(name);
      if (process.connected) world.disconnect(name);  // the server hangs up
    } else if (dice < 991) {
      restart(name);
    } else if (dice < 995) {
      world.give(name, Yield{std::chrono::milliseconds(random_.below(50))});
    } else if (dice < 997) {
      world.give(name, TransferTo{pick()});
    } else {
      world.give_claim(name, Resign{});
    }
  }

  void heal() {
    for (const std::string& name : alive_) world.reconnect(name);
    for (const std::string& name : dead_) world.expire(name);
    for (const std::string& name : alive_) world.finish_write(name);
    world.run_for(std::chrono::seconds(20));
    for (const std::string& name : alive_) {
      if (world.process(name).handover.under_way()) world.violations.push_back(name + " hands over for ever");
    }
    const std::string log = world.take_log();
    const std::string done = "handed over: the heir rules";
    for (size_t at = log.find(done); at != std::string::npos; at = log.find(done, at + 1)) ++handed_over;
  }

  World world;
  std::vector<std::string> alive_;
  int handed_over = 0;

 private:
  std::string pick() { return alive_[random_.below(alive_.size())]; }

  void start_one() {
    alive_.push_back("p" + std::to_string(started_++));
    world.start(alive_.back());
  }

  // kill -9, at times with proof for some of the others, and a new process in its place.
  void restart(const std::string& name) {
    world.crash(name);
    std::erase(alive_, name);
    dead_.push_back(name);
    for (const std::string& other : alive_) {
      if (random_.chance(0.7)) world.give(other, DeathProven{name});
    }
    start_one();
  }

  SeededRandom random_;
  std::vector<std::string> dead_;
  int started_ = 0;
};

// Of the electors that a node may run.
class RandomElectionTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RandomElectionTest, NoEpochHasTwoRulersAndSomebodyRulesInTheEnd) {
  int rules = 0;
  int handed_over = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos chaos(GetParam(), seed);
    for (int i = 0; i < kSteps; ++i) chaos.step();
    chaos.heal();
    ASSERT_THAT(chaos.world.violations, IsEmpty());
    ASSERT_THAT(chaos.world.rulers(), SizeIs(1)) << chaos.world.tree.dump() << chaos.world.take_log();
    ASSERT_EQ(chaos.world.owner_of_controller(), chaos.world.process(chaos.world.rulers()[0]).session);
    std::vector<std::string> queue = chaos.world.queue();
    std::sort(queue.begin(), queue.end());
    std::vector<std::string> alive = chaos.alive_;
    std::sort(alive.begin(), alive.end());
    ASSERT_EQ(queue, alive);
    handed_over += chaos.handed_over;
    rules += std::stoi(chaos.world.tree.find(paths::kControllerEpoch)->data);
  }
  EXPECT_GT(rules, 2 * kSeeds) << "too quiet to prove anything";
  // The herd and the lease need an undisturbed time-out for one, which these faults seldom leave them.
  EXPECT_GT(handed_over, std::string(GetParam()) == "zookeeper" ? kSeeds / 10 : 2) << "hardly a hand-over came to its end";
}

INSTANTIATE_TEST_SUITE_P(Each, RandomElectionTest, ::testing::Values("zookeeper", "herd", "lease"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace baton::election
