// Where the partitions of a measurement lie: spread evenly, so that each broker leads and follows its share, and known without
// asking, so that it can be counted whom a death concerns. Pure.
#pragma once

#include <algorithm>
#include <vector>

namespace baton::scale {

struct Layout {
  int brokers = 3;  // numbered from 1
  int replicas = 3;
  int per_topic = 1000;

  std::vector<int> replicas_of(int partition) const {
    const int preferred = partition % brokers;
    const int round = partition / brokers;
    std::vector<int> ids{preferred + 1};
    for (int i = 1; i < std::min(replicas, brokers); ++i) ids.push_back((preferred + 1 + (round + i - 1) % (brokers - 1)) % brokers + 1);
    return ids;
  }
  int held_by(int broker, int partitions) const {
    int held = 0;
    for (int partition = 0; partition < partitions; ++partition) {
      const std::vector<int> ids = replicas_of(partition);
      held += std::find(ids.begin(), ids.end(), broker) != ids.end();
    }
    return held;
  }
};

}  // namespace baton::scale
