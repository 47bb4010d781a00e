// Why a partition is led by whom it is led, and why by none of the others: a sentence for each replica. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/decision/membership.h"
#include "controller/decision/standing.h"
#include "controller/decision/standing_orders.h"

namespace baton::decision {

// The order of an operator that concerns the partition's leadership, in words; empty where there is none.
std::string describe_order(const PartitionRecord& record, const Orders& orders, Instant now);

// By replica: "leads", or "does not lead: …", without the full stop.
std::vector<std::pair<BrokerId, std::string>> explain_replicas(const PartitionRecord& record, const Membership& members,
                                                               const Orders& orders, const StandingOf& standing, Instant now);

}  // namespace baton::decision
