// The balance by load (leader.balance=load): leaderships move from brokers that carry much to in-sync replicas on brokers that carry
// little, until no broker is above the mean by more than a threshold, or nothing helps. Pure: loads in, moves out.
//
// Each move takes the heaviest partition that still leaves its new leader below its former one, so that loads meet and never swap.
// A preferred replica gets its leadership back only where that would not bring its broker above half of the threshold, so that what
// was moved for its load does not wander to and fro.
#pragma once

#include <map>
#include <vector>

#include "controller/decision/cluster.h"

namespace baton::decision {

struct LoadedPartition {
  PartitionKey key;
  BrokerId leader;
  std::vector<BrokerId> heirs;  // who may take over
  int64_t load = 0;
};

class LoadBalance {
 public:
  // `loads` of all brokers that may lead, idle ones too.
  LoadBalance(std::map<BrokerId, int64_t> loads, int32_t threshold_percent);

  struct Move {
    PartitionKey key;
    BrokerId to;
  };
  // At most `limit`; idle partitions are left where they are.
  std::vector<Move> spread(std::vector<LoadedPartition> partitions, size_t limit);
  // May a preferred replica have this leadership back? Takes it as moved if so.
  bool give_back(BrokerId preferred, BrokerId from, int64_t load);

 private:
  bool above(int64_t load, int32_t percent) const;
  void shift(BrokerId from, BrokerId to, int64_t load);

  std::map<BrokerId, int64_t> loads_;
  int32_t threshold_percent_;
  double mean_ = 0;
};

}  // namespace baton::decision
