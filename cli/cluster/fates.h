// What a death of brokers would do to a cluster, as its controller predicts it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/cluster/cluster.h"

namespace baton::cluster {

// Of every partition whose state would change. Errors: as ask_controller.
Result<control::Fates> ask_fates(const Cluster& cluster, const std::vector<int>& dead);

struct Prediction {
  struct Leaders {
    int now = 0;
    int then = 0;
  };
  std::map<int, Leaders> leaders;  // by broker
  int moved = 0, shrunk = 0;
  // Worse than now; they point into `fates`.
  std::vector<const control::Fate*> offline, under_minimum;
  const control::Fates* fates = nullptr;

  bool harmless() const { return offline.empty() && under_minimum.empty(); }
};

// `fates` must outlive the prediction.
Prediction predict(const ClusterState& now, const control::Fates& fates);
std::string to_json(const Prediction& prediction);

}  // namespace baton::cluster
