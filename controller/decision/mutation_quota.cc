#include "controller/decision/mutation_quota.h"

#include <algorithm>

namespace baton::decision {
namespace {

// Clients beyond this make it worth to look for full buckets, which say nothing that a new one would not.
constexpr size_t kManyClients = 1000;
// A rate of 0 stops a client that has used what it had; it asks again now and then.
constexpr Duration kLongest = std::chrono::hours(1);

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void TokenBucket::fill(Instant now) {
  if (now <= at_) return;
  tokens_ = std::min(burst_, tokens_ + rate_ * seconds(now - at_));
  at_ = now;
}

Duration TokenBucket::recovery() const {
  if (!overdrawn()) return {};
  if (-tokens_ >= rate_ * seconds(kLongest)) return kLongest;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(-tokens_ / rate_));
}

void MutationQuota::set_rate(std::optional<double> rate) {
  if (rate == rate_) return;
  rate_ = rate;
  buckets_.clear();
}

MutationQuota::Verdict MutationQuota::charge(const std::string& client, bool refusable, double partitions, Instant now) {
  if (!rate_ || client.empty()) return {};
  if (buckets_.size() >= kManyClients) {
    for (auto at = buckets_.begin(); at != buckets_.end();) {
      at->second.fill(now);
      at = at->second.full() ? buckets_.erase(at) : std::next(at);
    }
  }
  TokenBucket& bucket = buckets_.try_emplace(client, *rate_, *rate_ * kBurstSeconds, now).first->second;
  bucket.fill(now);
  if (bucket.overdrawn() && refusable) return {false, bucket.recovery()};
  bucket.take(partitions);
  return {true, bucket.recovery()};
}

}  // namespace baton::decision
