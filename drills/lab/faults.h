// Faults as words: KIND[:WHO][@WHEN][+FOR], several divided by commas. `crash@300ms+500ms` kills the leader 300 ms after there was a first
// one and starts it again half a second later; `partition:1-2` cuts nodes 1 and 2 off from the others; `one-way:3` lets nobody hear node 3.
//
// WHO is `leader` unless said (a partition: the leader and one other), WHEN 200ms, FOR 300ms.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drills/lab/simulation.h"

namespace baton::lab {

struct Fault {
  enum class Kind : uint8_t { kNone, kCrash, kPause, kPartition, kOneWay, kStore, kLoss };
  Kind kind = Kind::kNone;
  std::vector<int> who;  // empty: the leader
  Duration at = std::chrono::milliseconds(200);
  Duration lasts = std::chrono::milliseconds(300);
};

// Their words, in the order of the enumeration.
const std::vector<std::string>& fault_names();
Result<std::vector<Fault>> parse_faults(std::string_view text);
// "20", "20ms", "1s", "500us".
Result<Duration> parse_duration(std::string_view text);

// Whom it strikes when it strikes now.
std::vector<int> victims(const Simulation& world, const Fault& fault);
void begin(Simulation& world, const Fault& fault, const std::vector<int>& victims);
void end(Simulation& world, const Fault& fault, const std::vector<int>& victims);

}  // namespace baton::lab
