// A few contenders of one leadership, each a Leadership core with a clock of its own rate, against one tree in memory. The test, or
// chance, decides when a request reaches the tree, when an answer comes back, who is stopped, cut off, killed, and whose session ends.
//
// Something acts for a contender from Lead until it has said Stopped, or until the instant that it was last told, by its own clock: the
// latter is what a guardian sees to, whatever became of the contender. After every step the world looks whether two act.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "controller/coordination/memory_tree.h"
#include "controller/lead/leadership.h"

namespace baton::lead {

inline constexpr Duration kSession = std::chrono::milliseconds(2000);
inline constexpr Duration kLease = std::chrono::milliseconds(3000);
inline constexpr Duration kNotice = std::chrono::milliseconds(1000);

class World {
 public:
  enum class Fate { kAnswered, kLostBefore, kLostAfter };
  struct Contender {
    std::string name;
    std::unique_ptr<Leadership> core;
    double rate = 1;
    store::SessionId session = 0;
    bool connected = false;
    bool running = false;
    bool paused = false;
    std::deque<election::StoreCall> requests;
    std::deque<std::variant<election::StoreReplied, store::StoreEvent>> deliveries;
    std::optional<Lead> acting;
    bool told_to_stop = false;
    bool retired = false;
    std::string refused;
  };

  explicit World(std::string elector = "zookeeper") : elector_(std::move(elector)) {}

  void start(const std::string& name, double rate = 1);
  // kill -9: what acts for it does so until the instant that was last told.
  void crash(const std::string& name);
  void give(const std::string& name, const Event& event);
  bool serve(const std::string& name, Fate fate = Fate::kAnswered);
  bool deliver(const std::string& name);
  // Serves and delivers all that waits, without letting time pass; paused contenders do nothing.
  void run();
  // Also lets time pass; hosts that are told to stop do so at once if `obedient`.
  void run_for(Duration time);
  void disconnect(const std::string& name);
  void reconnect(const std::string& name);
  void expire(const std::string& name);
  void advance(Duration time);
  // An operator removes the nodes of who leads, whose session lives.
  void tidy_up();

  Contender& contender(const std::string& name) { return contenders_.at(name); }
  Instant clock_of(const Contender& one) const { return Instant{static_cast<int64_t>(static_cast<double>(now.ns) * one.rate)}; }
  bool acts(const Contender& one) const { return one.acting && clock_of(one) < one.acting->until; }
  // Who acts; empty: nobody.
  std::string holder() const;
  std::vector<std::string> names() const;
  std::string take_log() { return std::exchange(log_, {}); }

  store::MemoryTree tree;
  Instant now{1'000'000'000};
  bool obedient = true;
  std::vector<std::string> violations;
  int leaderships = 0;

 private:
  void say(const std::string& line) { log_ += line + "\n"; }
  void carry_out(Contender& one, const Decisions& decisions);
  void began(Contender& one, const Lead& lead);
  void check();

  const std::string elector_;
  SeededRandom random_{1};
  std::map<std::string, Contender> contenders_;
  int32_t last_epoch_ = 0;
  std::string log_;
};

}  // namespace baton::lead
