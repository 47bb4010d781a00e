// Where ought leaderships to stand that stand well enough for now? For each partition whose leader lives: where an order of an
// operator wants it, away from whoever is to be avoided, else on the preferred replica. Pure: state in, wishes out; each wish becomes
// a planned move (R4.2).
//
// The balance has two speeds. What a broker lost by being away goes back as soon as the gate opens (return_gate.h): its replicas are
// all in their ISRs again, for a moment at least. And every so often, as in Kafka, whatever is out of balance beyond a threshold is
// put right, wherever it comes from: by counts, or by load. At either speed nothing goes to a broker whose gate is closed.
//
// A cluster of a million partitions in which all stands well is not looked through: the orders and the table's own counts tell that there
// is nothing to wish.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "controller/decision/events.h"
#include "controller/decision/page_table.h"
#include "controller/decision/return_gate.h"
#include "controller/decision/slow_brokers.h"
#include "controller/decision/standing.h"
#include "controller/decision/standing_orders.h"

namespace baton::decision {

struct BalanceConfig {
  bool automatic = false;                               // auto.leader.rebalance.enable
  Duration delay = std::chrono::milliseconds(300);      // leader.rebalance.delay.ms
  Duration check_interval = std::chrono::seconds(300);  // leader.imbalance.check.interval.seconds
  int32_t imbalance_percent = 10;                       // leader.imbalance.per.broker.percentage
  size_t at_once = 1000;                                // moves under way: what is moved is away for a round trip or two
  bool by_load = false;                                 // leader.balance: of what is led, not of how many (policy_load.h)
  Duration slow_append{};                               // leader.avoid.slow.ms; zero: nobody is slow
  Duration slow_after = SlowBrokers::kBadFor;           // seen slow for so long, a broker is
  Duration slow_until = SlowBrokers::kGoodFor;          // and no more when it was not seen slow for so long
};

struct MoveWish {
  PartitionKey key;
  BrokerId to;  // none: whoever follows first
  MoveCause cause = MoveCause::kPreferred;
};

struct PlanInput {
  const PageTable& pages;
  const Orders& orders;
  const ReturnGate& gate;
  const BalanceConfig& config;
  std::function<ReplicaStanding(const PartitionKey&, BrokerId)> standing;
  std::function<int32_t(TopicId)> min_insync_replicas;
  std::function<int64_t(const PartitionKey&)> load;  // bytes a second
  std::vector<BrokerId> brokers;                     // that may lead: live, heard and not leaving
  Instant now;
  bool periodic = false;  // the check that comes every so often is due
};

// At most config.at_once, orders first.
std::vector<MoveWish> plan_moves(const PlanInput& input);

}  // namespace baton::decision
