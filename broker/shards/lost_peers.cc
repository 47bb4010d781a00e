#include "broker/shards/lost_peers.h"

namespace baton {

void LostPeers::lost(BrokerId id, BrokerEpoch epoch, Instant now) {
  std::lock_guard lock(mutex_);
  forget_old(now);
  losses_[id] = {epoch, now + doubt_};
  count_ = losses_.size();
}

void LostPeers::found(BrokerId id) {
  if (count_ == 0) return;
  std::lock_guard lock(mutex_);
  losses_.erase(id);
  count_ = losses_.size();
}

bool LostPeers::none(Instant now) {
  if (count_ == 0) return true;
  std::lock_guard lock(mutex_);
  forget_old(now);
  return losses_.empty();
}

void LostPeers::forget_old(Instant now) {
  std::erase_if(losses_, [now](const auto& each) { return each.second.until <= now; });
  count_ = losses_.size();
}

bool LostPeers::in_doubt(const Image& image, BrokerId id, Instant now) const {
  if (count_ == 0) return false;
  std::lock_guard lock(mutex_);
  auto loss = losses_.find(id);
  if (loss == losses_.end() || loss->second.until <= now) return false;
  const BrokerImage* broker = image.broker(id);
  return broker == nullptr || !broker->live || broker->epoch == loss->second.epoch;
}

}  // namespace baton
