// A world whose brokers hand over when they are asked.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "tests/controller/decision/harness.h"

namespace baton::decision {

// Three brokers that answer each question for their word as real ones do, everybody caught up.
class Orderly : public testing::Test {
 protected:
  explicit Orderly(bool automatic = false) : Orderly(config(automatic)) {}
  explicit Orderly(const ControllerConfig& config) : world_(3, config) {
    world_.create("t", 1, {brokers({1, 2, 3})});
    settle();
  }
  static ControllerConfig config(bool automatic) {
    ControllerConfig config = World::config(2);
    config.balance.automatic = automatic;
    config.balance.delay = ms(300);
    return config;
  }

  void feed(const Event& event) {
    world_.feed(event);
    settle();
  }
  void pass(Duration by) {
    world_.pass(by);
    settle();
  }
  // Until nobody is asked for anything any more.
  void settle() {
    for (auto questions = world_.said<AskToYield>(); !questions.empty(); questions = world_.said<AskToYield>()) {
      std::erase_if(world_.log_, [](const Decision& decision) { return std::holds_alternative<AskToYield>(decision); });
      for (const AskToYield& question : questions) answer(question);
    }
  }
  void answer(const AskToYield& question) {
    OwnWord word{question.broker, epoch(question.broker), {}};
    for (const auto& [key, leader_epoch] : question.partitions) {
      OwnWord::Stopped stopped{key, leader_epoch, 7, {}};
      const auto entry = world_.controller_.pages().find(key);
      for (BrokerId id : entry->record.isr) stopped.caught_up.push_back({id, epoch(id)});
      word.partitions.push_back(stopped);
    }
    world_.feed(word);
  }
  BrokerEpoch epoch(BrokerId id) { return world_.controller_.members().registration(id)->epoch; }
  void order(int id, BrokerOrder order) { feed(BrokerOrdered{++world_.request_, BrokerId(id), order}); }
  void move(MoveRequested::Kind kind, int to, Duration lasting) {
    feed(MoveRequested{++world_.request_, kind, {{"t", 0}}, false, BrokerId(to), lasting});
  }
  // Dies, comes back, and enters the ISR again.
  void bounce(int id, int as) {
    feed(DeathProven{world_.controller_.members().registration(BrokerId(id))->incarnation});
    feed(world_.seen(id, as, world_last_[id]));
    world_last_[id] = as;
    world_.stream(id, {world_.clean("t")});
    feed(world_.isr_request("t", leader(), {1, 2, 3}));
  }
  // What each replica is said to be, of partition 0.
  std::map<BrokerId, std::string> explain(const std::string& topic) {
    world_.forget();
    feed(ExplainRequested{++world_.request_, {topic, 0}});
    const auto told = std::get<Explanation>(world_.said<Reply>().at(0).answer).replicas;
    return {told.begin(), told.end()};
  }
  int leader(const std::string& topic = "t") { return world_.partition(topic).leader.value(); }

  World world_;
  std::map<int, int> world_last_{{1, 1}, {2, 2}, {3, 3}};
};

}  // namespace baton::decision
