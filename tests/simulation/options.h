// What whoever starts the simulation asks of it: `test_simulation --seed N` replays one run, byte for byte.
#pragma once

#include <cstdint>

namespace baton::simulation {

struct Options {
  uint64_t first_seed = 1;
  uint64_t seeds = 200;
  bool replay = false;  // one seed was named
  bool trace = false;   // tells each fault
};

inline Options options;

}  // namespace baton::simulation
