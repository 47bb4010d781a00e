// How many partitions a client may have created, added and deleted: controller.mutation.rate a second on the mean, as KIP-599's
// quota controller_mutation_rate. One bucket of tokens a client: it fills at that rate, holds what comes together in eleven
// seconds, and a mutation is admitted while it is not overdrawn, however large, so that no topic is too large to be created at
// all. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"

namespace baton::decision {

class TokenBucket {
 public:
  TokenBucket(double rate, double burst, Instant now) : rate_(rate), burst_(burst), tokens_(burst), at_(now) {}
  void fill(Instant now);
  void take(double tokens) { tokens_ -= tokens; }
  bool overdrawn() const { return tokens_ < 0; }
  bool full() const { return tokens_ >= burst_; }
  // Until it is not overdrawn any more.
  Duration recovery() const;

 private:
  double rate_;
  double burst_;
  double tokens_;
  Instant at_;
};

class MutationQuota {
 public:
  static constexpr double kBurstSeconds = 11;  // Kafka's controller.quota.window.num windows of a second
  struct Verdict {
    bool admitted = true;
    Duration throttle{};  // how long the client is to hold back its next mutation
  };

  // None: no limit. Buckets begin anew where it changes.
  void set_rate(std::optional<double> rate);
  // A client that understands the refusal is refused; any other is let through and told to wait.
  Verdict charge(const std::string& client, bool refusable, double partitions, Instant now);
  size_t clients() const { return buckets_.size(); }

 private:
  std::optional<double> rate_;
  std::map<std::string, TokenBucket> buckets_;
};

}  // namespace baton::decision
