// Which brokers are slow, by their own word: how long an append to their log takes. A disk that dies slowly keeps its broker alive, its
// lease and its stream too, and everything that it leads waits (KIP-491 names the need). Such a broker leads only where nobody else can.
//
// Slow is who takes longer than a floor and ten times as long as the median of the others, for ten seconds on end; so a cluster
// that is busy as a whole has no slow brokers. Always a minority: the load of many can not be put on few. Who is not used shows nothing,
// so after a minute without being seen slow it is tried again, after twice as long when it was slow before. Pure.
#pragma once

#include <map>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"

namespace baton::decision {

class SlowBrokers {
 public:
  static constexpr int32_t kTimesMedian = 10;
  static constexpr Duration kBadFor = std::chrono::seconds(10);
  static constexpr Duration kGoodFor = std::chrono::seconds(60);
  static constexpr int kDoublings = 4;
  static constexpr Duration kFresh = std::chrono::seconds(30);  // a report counts so long

  // A floor of zero: nobody is ever slow.
  explicit SlowBrokers(Duration floor, Duration bad_for = kBadFor, Duration good_for = kGoodFor)
      : floor_(floor), bad_for_(bad_for), good_for_(good_for) {}

  // What one shard of a broker reports; none: nothing was appended. True: who is slow is another now.
  bool note(BrokerId id, int32_t shard, std::optional<Duration> append, Instant now);
  // Its life is over. True: it was slow.
  bool forget(BrokerId id);
  bool slow(BrokerId id) const;

 private:
  struct Report {
    std::optional<Duration> append;
    Instant at;
  };
  struct Broker {
    std::map<int32_t, Report> shards;
    std::optional<Instant> bad_since;
    Instant last_bad{};
    int episodes = 0;
    bool slow = false;
  };
  std::optional<Duration> append_of(const Broker& broker, Instant now) const;
  std::optional<Duration> median_without(BrokerId id, Instant now) const;
  bool room_for_another(Instant now) const;

  Duration floor_;
  Duration bad_for_;
  Duration good_for_;
  std::map<BrokerId, Broker> brokers_;
};

}  // namespace baton::decision
