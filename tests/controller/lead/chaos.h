// Random faults for a World of contenders.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/controller/lead/world.h"

namespace baton::lead {

class Chaos {
 public:
  Chaos(const std::string& elector, uint64_t seed) : world(elector), random_(seed) {
    world.obedient = false;
    for (int i = 0; i < 4; ++i) start_one();
  }

  void step() {
    const std::string name = alive_[random_.below(alive_.size())];
    World::Contender& one = world.contender(name);
    const uint64_t dice = random_.below(1000);
    if (dice < 420) {
      world.serve(name);
    } else if (dice < 860) {
      world.deliver(name);
    } else if (dice < 868) {
      world.serve(name, random_.chance(0.5) ? World::Fate::kLostBefore : World::Fate::kLostAfter);
    } else if (dice < 930) {
      // Mostly a network's pace, at times as long as a lease.
      const uint64_t long_ms = random_.chance(0.03) ? 2500 : 60;
      world.advance(std::chrono::milliseconds(random_.below(long_ms)));
      wake(name);
    } else if (dice < 934) {
      world.disconnect(name);
    } else if (dice < 950) {
      world.reconnect(name);
    } else if (dice < 952) {
      world.expire(name);
    } else if (dice < 956) {
      one.paused = true;
    } else if (dice < 975) {
      one.paused = false;
    } else if (dice < 977) {
      world.crash(name);
      std::erase(alive_, name);
      dead_.push_back(name);
      start_one();
    } else if (dice < 979) {
      if (!one.paused) world.give(name, Resign{});
    } else if (dice < 994) {
      // The host has stopped, told to or, seldom, by itself.
      if (one.acting && !one.paused && (one.told_to_stop || random_.chance(0.05))) world.give(name, Stopped{});
    } else {
      if (!dead_.empty()) world.expire(random_.chance(0.7) ? dead_.back() : dead_[random_.below(dead_.size())]);
      // Somebody tidies up in the store: the holder's session lives, and another may claim.
      if (random_.chance(0.1)) world.tidy_up();
    }
  }

  void heal() {
    world.obedient = true;
    for (const std::string& name : dead_) world.expire(name);
    for (const std::string& name : alive_) {
      world.contender(name).paused = false;
      world.reconnect(name);
    }
    world.run_for(std::chrono::seconds(20));
  }

  World world;

 private:
  void start_one() {
    alive_.push_back("p" + std::to_string(started_++));
    // Clocks that differ by less than the allowed two percent.
    world.start(alive_.back(), 0.992 + 0.016 * static_cast<double>(random_.below(1001)) / 1000);
  }
  void wake(const std::string& name) {
    World::Contender& one = world.contender(name);
    if (!one.paused && one.core->wake_at() <= world.clock_of(one)) world.give(name, election::Woken{});
  }

  SeededRandom random_;
  std::vector<std::string> alive_, dead_;
  int started_ = 0;
};

}  // namespace baton::lead
