// One candidate of a simulation, and its session's two ends.
#pragma once

#include "base/random.h"
#include "drills/lab/simulation.h"

namespace baton::lab {

struct Simulation::Node {
  int id = 0;
  uint64_t life = 0;  // grows with each start and end; events of an older one are nothing
  bool alive = false;
  bool paused = false;
  std::string guid;
  std::unique_ptr<election::Elector> elector;
  std::unique_ptr<election::Claim> claim;
  std::unique_ptr<SeededRandom> random;
  std::string durable;  // outlives the process

  store::SessionId session = 0;
  bool cut_off = false;   // from the store
  uint64_t silence = 0;   // grows when contact is lost and when it returns
  Instant to_store_at{};  // calls and answers keep their order
  Instant from_store_at{};
  std::deque<What> backlog;             // while paused
  std::vector<store::WatchFired> held;  // watches while cut off

  bool nominated = false;
  bool looked = false;  // at its clock, since it was started or went on
  bool believes = false;
  int64_t belief = 0;  // its number, for what was planned under an older one
  int64_t right = 0;   // the number of this belief; with the claim, the epoch
  StoreVersion version;
  Instant planned = Instant::never();
  std::vector<std::string> transfers;

  bool acts() const { return alive && !paused; }
};

}  // namespace baton::lab
