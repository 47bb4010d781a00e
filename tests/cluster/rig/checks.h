// What the suites of real clusters ask again and again. Functions that wait throw std::runtime_error, which fails the test with
// its sentence: nothing that follows would make sense.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>

#include "cli/cluster/status.h"
#include "drills/probe/raw_probe.h"
#include "drills/scenarios/bed.h"

namespace baton::rig {

// Long enough for two cores that are busy with something else; nothing waits so long where all is well.
inline constexpr std::chrono::seconds kPatience{60};

void must(const Status& status, const std::string& what);
template <class Value>
Value must(Result<Value> result, const std::string& what) {
  if (!result) must(Status(tl::unexpected(result.error())), what);
  return std::move(*result);
}
// Waits for the condition, or throws what was waited for.
void await(const std::string& what, const std::function<bool()>& condition);

// What stays as it is while nobody is taken for dead: incarnations, leaders and their epochs.
struct Standing {
  std::map<int, int64_t> broker_epochs;
  std::map<std::string, std::pair<int, int>> leaders;  // leader and leader epoch, by topic-index

  static Standing of(const cluster::ClusterState& state);
  friend bool operator==(const Standing&, const Standing&) = default;
};
std::ostream& operator<<(std::ostream& out, const Standing& standing);

// A writer of one record a millisecond. Pinned: it stays with that broker.
drills::ProbeOptions writer(const std::string& bootstrap, const std::string& topic, int16_t acks, const std::string& name,
                            std::optional<int> pinned = std::nullopt);
// How many of the outcomes were acknowledged, of records sent in [from, to].
uint64_t acknowledged_between(const drills::RawProbe& probe, Instant from, Instant to);
uint64_t refused_between(const drills::RawProbe& probe, Instant from, Instant to);

// Sends one record with acks=0 and then a question: true when the question is answered, false when the connection is closed
// instead, which is how a broker refuses such a record.
bool takes_acks_0(const client::Address& broker, const std::string& topic);

// A drill during which something else happened than its own fault says so itself (INCONCLUSIVE), and is held again: three times at
// most. Throws where it can not be held.
drills::Report conclusive(const std::function<Result<drills::Report>()>& drill);

// Stops the bed's clients, reads everything back and expects nothing lost, moved, doubled or retracted, of a number of records
// that says that something was compared.
void expect_nothing_lost(drills::Bed& bed);

}  // namespace baton::rig
