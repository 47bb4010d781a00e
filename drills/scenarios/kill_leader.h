// Drill: kill -9 of one broker, chosen by its role, under load; then its return. Measures the way from the kill to the first
// acknowledgement and to a full ISR, and counts what was lost.
#pragma once

#include "drills/scenarios/bed.h"

namespace baton::drills {

enum class Victim { kLeader, kController, kFollower, kBoth };

struct KillOptions {
  Victim victim = Victim::kLeader;
  int repeat = 1;
  std::map<std::string, std::string> producer_settings;  // for librdkafka, beside acks=all and idempotence
};

// `said` gets each round as it ends. Error: the drill could not be held; what was found before is lost with it.
Result<Report> kill_leader(cluster::Cluster& cluster, const KillOptions& options, const std::function<void(const Round&)>& said);

}  // namespace baton::drills
