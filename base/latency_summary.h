// How long something took, for metrics: a count and a sum since the start, and quantiles of the last one to two minutes, so that what
// is long past does not hide what happens now. Log-linear: eight buckets to each power of two, which is right within an eighth.
//
// Not thread-safe. Noting costs some nanoseconds; time is handed in.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/clock.h"

namespace baton {

class LatencySummary {
 public:
  void note(Instant now, Duration took) {
    if (now - since_ >= kWindow) turn(now);
    const auto us = static_cast<uint64_t>(std::max<int64_t>(0, took.count() / 1000));
    ++present_[bucket_of(us)];
    ++count_;
    sum_us_ += us;
  }

  uint64_t count() const { return count_; }
  double sum_ms() const { return static_cast<double>(sum_us_) / 1000; }
  // Of 0 to 1; 0 where nothing was noted of late.
  double quantile_ms(Instant now, double quantile) const {
    LatencySummary merged = *this;
    if (now - since_ >= kWindow) merged.turn(now);
    uint64_t all = 0;
    for (size_t i = 0; i < kBuckets; ++i) all += merged.present_[i] += merged.past_[i];
    const auto wanted = static_cast<uint64_t>(quantile * static_cast<double>(all));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += merged.present_[i];
      if (all > 0 && seen > std::min(wanted, all - 1)) return static_cast<double>(upper_bound_us(i)) / 1000;
    }
    return 0;
  }
  // The numbers of both together, of two threads' for instance.
  void add(const LatencySummary& other) {
    for (size_t i = 0; i < kBuckets; ++i) {
      present_[i] += other.present_[i];
      past_[i] += other.past_[i];
    }
    count_ += other.count_;
    sum_us_ += other.sum_us_;
    since_ = std::max(since_, other.since_);
  }

 private:
  static constexpr Duration kWindow = std::chrono::seconds(60);
  static constexpr size_t kFine = 8;  // buckets to a power of two
  static constexpr size_t kPowers = 30;
  static constexpr size_t kBuckets = kFine * kPowers;

  // 0 to 7 exactly; then by the power and its next three bits.
  static size_t bucket_of(uint64_t us) {
    if (us < kFine) return us;
    const auto power = static_cast<size_t>(std::bit_width(us)) - 1;
    const size_t bucket = (power - 2) * kFine + ((us >> (power - 3)) & (kFine - 1));
    return std::min(bucket, kBuckets - 1);
  }
  static uint64_t upper_bound_us(size_t bucket) {
    if (bucket < kFine) return bucket;
    const size_t power = bucket / kFine + 2;
    return ((kFine + bucket % kFine + 1) << (power - 3)) - 1;
  }
  void turn(Instant now) {
    past_ = now - since_ >= 2 * kWindow ? std::array<uint32_t, kBuckets>{} : present_;
    present_ = {};
    since_ = now;
  }

  std::array<uint32_t, kBuckets> present_{};
  std::array<uint32_t, kBuckets> past_{};
  Instant since_{};
  uint64_t count_ = 0;
  uint64_t sum_us_ = 0;
};

}  // namespace baton
