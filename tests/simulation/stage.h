// The stage of a transcript over a whole simulated cluster: brokers with logs, one of which rules, over a store. What comes of a command is
// what the witness saw.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/witness.h"
#include "tests/support/transcript.h"

namespace baton::simulation {

class Stage {
 public:
  Result<std::string> carry_out(const std::string& command);

 private:
  using Words = support::Words;
  using Outcome = Status;

  Outcome perform(const std::string& verb, Words& words);
  Outcome set_up(Words& words);
  Outcome about_topic(Words& words);
  Outcome about_broker(const std::string& verb, Words& words);
  Outcome about_use(const std::string& verb, Words& words);
  Outcome write(Words& words);
  Outcome look(Words& words);
  void kill_after(int id, const std::string& what);
  // Until nothing has happened for a second.
  void wait();
  Cluster& cluster() { return data_->cluster; }

  std::unique_ptr<DataCluster> data_;
  std::unique_ptr<Witness> witness_;
  std::optional<std::pair<int, std::string>> doomed_;  // who is to be killed, and after which of its writes
};

}  // namespace baton::simulation
