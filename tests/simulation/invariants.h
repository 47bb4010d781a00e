// What must never be false, as named checks (docs/protocol.md lists them). A violation is kept with its instant and ends the
// run; each check counts how often it was exercised, so that a run which checked nothing can not pass.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace baton::simulation {

// All of them. A check under another name is a violation itself, and the seeds have to exercise each of these.
inline constexpr auto kInvariants = std::to_array<std::string_view>({
    // election and store
    "OneControllerPerEpoch",
    "ControllerEpochGrows",
    "FencedStoreWrites",
    "BounceSeen",
    "StaleControllerRefused",
    "ControlOfOneLife",
    "LeaderFollowsItsController",
    "OneCandidatePerProcess",
    "MemoryEqualsStore",
    "TombstoneBeforePages",
    "MarkAfterPages",
    "MarkAfterLease",
    "PagesParse",
    "FormsAtTheirLevel",
    "LevelRises",
    "LevelIsKnownToAll",
    // leadership
    "OneLeaderPerEpoch",
    "StoppedBeforeSucceeded",
    "WordIsFinal",
    "SuccessorReachedWord",
    "LeaderInIsr",
    "IsrWithinReplicas",
    "EpochsGrow",
    "LeaseHeld",
    "DirtyReplicaBarred",
    "CleanElections",
    // where leaderships and replicas stand
    "HealthyBeforeAvoided",
    "NothingOntoAvoided",
    "MovesWithinIsr",
    "ReturnsWhenSteady",
    "RacksSpread",
    "DrainedLeadsNothing",
    "SlowIsRelieved",
    "PreferredLeads",
    "LoadSpread",
    "BalanceComesToRest",
    // data
    "FencedLeaderNeverCommits",
    "HighWatermarkOnMaximalIsr",
    "StrongIsr",
    "LeaderCompleteness",
    "NoCommittedRecordLost",
    "LogMatching",
    "OffsetsDense",
    "OffsetAssignedOnce",
    "NoDuplicate",
    // what clients see
    "ReadsAreStable",
    "VisibleHighWatermarkGrows",
    "SeenStays",
    "Liveness",
});

class Invariants {
 public:
  // `describe` is called only for a violation.
  template <class Describe>
  void check(std::string_view name, bool holds, Instant now, Describe&& describe) {
    auto found = counts_.find(name);
    if (found == counts_.end()) {
      if (std::find(kInvariants.begin(), kInvariants.end(), name) == kInvariants.end()) violate(fmt::format("{} is not listed", name));
      found = counts_.emplace(name, 0).first;
    }
    ++found->second;
    if (!holds && !violation_) violate(fmt::format("{} at {} us: {}", name, now.ns / 1000, describe()));
  }
  const std::optional<std::string>& violation() const { return violation_; }
  const std::map<std::string, uint64_t, std::less<>>& counts() const { return counts_; }

 private:
  void violate(std::string what) {
    if (!violation_) violation_ = std::move(what);
  }

  std::map<std::string, uint64_t, std::less<>> counts_;
  std::optional<std::string> violation_;
};

}  // namespace baton::simulation
