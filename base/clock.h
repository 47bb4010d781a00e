// Time handed in. Leases and time-outs run on CLOCK_BOOTTIME, which also counts while the machine sleeps; record
// timestamps run on the wall clock. A core takes `now` with its events and never reads either.
#pragma once

#include <chrono>
#include <cstdint>

namespace baton {

using Duration = std::chrono::nanoseconds;

// A point on CLOCK_BOOTTIME, nanoseconds since boot.
struct Instant {
  int64_t ns = 0;
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, Duration by) { return {at.ns + by.count()}; }
  friend constexpr Instant operator-(Instant at, Duration by) { return {at.ns - by.count()}; }
  friend constexpr Duration operator-(Instant later, Instant earlier) { return Duration(later.ns - earlier.ns); }
  static constexpr Instant never() { return {INT64_MAX}; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  // Milliseconds since 1970, as Kafka's timestamps.
  virtual int64_t wall_ms() const = 0;
};

// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
  int64_t wall_ms() const override;
};

// Stands still until told. For tests and the simulator.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  int64_t wall_ms() const override { return wall_base_ms_ + now_.ns / 1'000'000; }
  void advance(Duration by) { now_ = now_ + by; }
  void set(Instant to) { now_ = to; }

 private:
  Instant now_{1'000'000'000};
  int64_t wall_base_ms_ = 1'700'000'000'000;
};

}  // namespace baton
