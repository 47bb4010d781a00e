#include "partitions/state/follower_progress.h"

#include <algorithm>

namespace baton {

void FollowerProgress::on_fetch(int64_t offset, int64_t leader_end, Instant now) {
  if (offset >= leader_end) {
    last_caught_up = std::max(last_caught_up, now);
  } else if (offset >= leader_end_at_last_fetch) {
    last_caught_up = std::max(last_caught_up, last_fetch);
  }
  end_offset = offset;
  leader_end_at_last_fetch = leader_end;
  last_fetch = now;
}

bool FollowerProgress::caught_up(int64_t leader_end, Instant now, Duration lag_max) const {
  return end_offset == leader_end || now - last_caught_up <= lag_max;
}

void FollowerProgress::reset(BrokerEpoch incarnation, Instant now) {
  *this = FollowerProgress{.epoch = incarnation, .last_caught_up = now, .last_fetch = now};
}

}  // namespace baton
