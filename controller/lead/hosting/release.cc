#include "controller/lead/hosting/release.h"

#include "controller/lead/hosting/asker.h"
#include "controller/lead/place.h"
#include "controller/lead/records.h"

namespace baton::lead {

using store::StoreError;

void release_for_the_dead(const std::string& connect, const std::string& name, ControllerEpoch epoch, const std::string& guid) {
  constexpr std::chrono::seconds kWithin(2);
  constexpr int kTries = 5;  // a renewal that the dead one sent may still arrive
  const auto store = Asker::open(connect, kWithin);
  if (!store) return;
  const Place place(name);
  const store::Reply won = (*store)->ask(store::Get{place.epoch(), false});
  if (!won.ok() || won.data != std::to_string(epoch.value())) return;
  const store::Op still = store::Check{place.epoch(), won.stat.version};
  for (int tried = 0;; ++tried) {
    const store::Reply seen = (*store)->ask(store::Get{place.lease(), false});
    auto lease = LeaseRecord::parse(seen.data);
    if (!seen.ok() || !lease || lease->holder != guid || tried == kTries) return;
    lease->released = true;
    if ((*store)->ask(store::Multi{{still, store::SetData{place.lease(), lease->print(), seen.stat.version}}}).ok()) break;
  }
  (*store)->ask(store::Multi{{still, store::Delete{place.leader(), {}}}});
  for (const std::string& child : (*store)->ask(store::Children{place.candidates(), false}).children) {
    if (child.starts_with(guid + "-n_")) (*store)->ask(store::Multi{{store::Delete{place.candidates() + "/" + child, {}}}});
  }
}

}  // namespace baton::lead
