// What happens in a simulated cluster, in words that need no knowledge of the code: what the store takes, what controllers ask of brokers,
// what brokers answer and take up. In the order in which it happens; what is said again is told once.
//
// Single-threaded.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/simulation/data_cluster.h"

namespace baton::simulation {

class Witness {
 public:
  // `data` outlives it. Hears of everything from now on, beside who did before.
  explicit Witness(DataCluster& data);

  // What has happened since this was last asked, a line each.
  std::vector<std::string> take() { return std::exchange(lines_, {}); }
  size_t size() const { return lines_.size(); }
  void say(std::string line) { lines_.push_back(std::move(line)); }
  // "t-0: led by 2, epoch 1; in sync 2,3 of 1,2,3"
  std::string describe(const std::string& topic_id, const control::Partition& state);

 private:
  void written(int process, const store::Multi& multi);
  void registered(int process, int id, const std::string& data);
  void told(int from, int to, const control::Frame& frame);
  void gave_word(int from, const control::Stopped& word);
  void once(const std::string& line);
  std::string name(const std::string& topic_id, int index);

  DataCluster& data_;
  std::vector<std::string> lines_;
  std::set<std::string> said_;
  std::set<std::pair<std::string, int32_t>> causes_;  // partition and leader epoch
};

}  // namespace baton::simulation
