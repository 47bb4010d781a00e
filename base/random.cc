#include "base/random.h"

#include <sys/random.h>

#include <bit>

#include "base/assert.h"

namespace baton {

uint64_t Random::below(uint64_t bound) {
  BATON_ASSERT(bound > 0);
  // Rejection keeps it uniform: values under the remainder of 2^64 / bound would be drawn once too often.
  const uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    uint64_t value = next();
    if (value >= threshold) return value % bound;
  }
}

bool Random::chance(double probability) {
  return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
}

SeededRandom::SeededRandom(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t SeededRandom::next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t SystemRandom::next() {
  uint64_t value = 0;
  BATON_ASSERT(getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value));
  return value;
}

}  // namespace baton
