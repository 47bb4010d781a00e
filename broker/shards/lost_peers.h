// Brokers whose connection has just ended under a fetcher of this broker. Most often their process is gone, and within
// milliseconds the image will say who leads in their place. A client that is told the old leader meanwhile believes it for
// long: librdkafka 2.0 asks for metadata at once when a connection breaks, and then not again for half a second. So whoever
// would name such a leader to a client waits for the news first, for a bounded time.
//
// It is a hint, never a verdict: a reset may be forged, and nothing about leadership follows from it.
//
// Threading: any thread; one short mutex, which the data path does not take.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "broker/metadata/image.h"

namespace baton {

class LostPeers {
 public:
  // How long a leader stays in doubt: longer than a proven failover takes, shorter than a client's own patience.
  static constexpr Duration kDoubt = std::chrono::milliseconds(250);

  explicit LostPeers(Duration doubt = kDoubt) : doubt_(doubt) {}
  Duration doubt() const { return doubt_; }

  // The connection to this incarnation of a broker ended, though nobody here wanted it to.
  void lost(BrokerId id, BrokerEpoch epoch, Instant now);
  // It answers again.
  void found(BrokerId id);

  // Whether a leader that the image names was lost a moment ago, and has not come back as another incarnation.
  bool in_doubt(const Image& image, BrokerId id, Instant now) const;
  // Nobody is in doubt: the usual case, without a lock. Doubts that are over are forgotten here.
  bool none(Instant now);

 private:
  struct Loss {
    BrokerEpoch epoch;
    Instant until;
  };
  void forget_old(Instant now);  // under the mutex

  const Duration doubt_;
  mutable std::mutex mutex_;
  std::map<BrokerId, Loss> losses_;
  std::atomic<size_t> count_ = 0;
};

}  // namespace baton
