// Randomness handed in. A core never draws from the machine: the simulator seeds one stream per consumer, so that a run
// can be replayed byte for byte. Not for cryptography, save SystemRandom, which reads the kernel's generator.
#pragma once

#include <cstdint>

namespace baton {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;
  // Uniform in [0, bound); REQUIRES: bound > 0.
  uint64_t below(uint64_t bound);
  // True with the given probability in [0, 1].
  bool chance(double probability);
};

// xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  uint64_t next() override;

 private:
  uint64_t state_[4];
};

// getrandom(2). Thread-safe.
class SystemRandom final : public Random {
 public:
  uint64_t next() override;
};

}  // namespace baton
