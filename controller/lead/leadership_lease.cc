// The lease of a leadership: the wait for the one before, its first writing, its renewals, its release; and the wish that its holder
// resign.
#include <algorithm>

#include "base/mutants.h"
#include "controller/lead/leadership.h"

namespace baton::lead {
namespace {

using store::StoreError;

}  // namespace

void Leadership::look_at_lease() {
  if (!open() || lease_call_ != 0) return;
  call(Ask::kLease, store::Get{place_.lease(), false});
}

void Leadership::lease_seen(const store::Reply& reply) {
  const bool answered = reply.ok() || reply.error == StoreError::kNoNode;
  if (!answered) {
    again_at_ = now_ + kRetry;
    return;
  }
  const bool same = sight_ && sight_->there == reply.ok() && sight_->stat == reply.stat;
  if (!same) {
    sight_ = Sight{reply.stat, LeaseRecord::parse(reply.data), reply.ok(), now_};
  }
  sight_is_old_ = false;
  if (phase_ == Phase::kLooking || phase_ == Phase::kWaiting || phase_ == Phase::kTaking) return take_when_free();
  if (phase_ == Phase::kLeading) return write_lease(Ask::kRenew, false);
  if (phase_ == Phase::kReleasing) return release();
  const Duration length = sight_->record ? sight_->record->length : own_length();
  again_at_ = now_ + length / 4;
}

// Nobody else can change the lease since we won the epoch, so what we see is how it stands.
void Leadership::take_when_free() {
  if (acting_ || refused_) return;  // of an earlier epoch: the host has not stopped yet
  phase_ = Phase::kWaiting;
  if (sight_->there && !sight_->record) {
    return refuse(false, place_.lease() + " of this store can not be read: it was written by something else than this version of Baton");
  }
  const bool free =
      !sight_->there || sight_->record->released || sight_->record->holder == options_.guid || BATON_MUTANT(lead_without_waiting);
  const Instant over_at = free ? now_ : sight_->since + sight_->record->length * (100 + options_.drift_percent) / 100;
  if (now_ < over_at) {
    again_at_ = over_at;
    return;
  }
  phase_ = Phase::kTaking;
  write_lease(Ask::kTake, false);
}

void Leadership::write_lease(Ask ask, bool released) {
  if (!open() || lease_call_ != 0) return;
  const std::string data = LeaseRecord{epoch_, options_.guid, length_, ++renewals_, released}.print();
  store::Op write = store::SetData{place_.lease(), data, sight_->stat.version};
  if (!sight_->there) write = store::Create{place_.lease(), data};
  if (ask == Ask::kRenew && BATON_MUTANT(lead_renewal_unchecked))
    return call(ask, store::Multi{{store::SetData{place_.lease(), data, {}}}});
  call(ask, store::Multi{{store::Check{place_.epoch(), version_}, std::move(write)}});
}

void Leadership::lease_written(const Call& call, const store::Reply& reply) {
  if (!reply.ok()) {
    // The claim hears of another's epoch by its watch; until then there is nothing to do but to look.
    sight_is_old_ = true;
    again_at_ = now_ + (reply.error == StoreError::kConnectionLoss ? length_ / 16 : kRetry);
    return;
  }
  sight_ = Sight{{}, LeaseRecord{}, true, now_};
  const store::OpResult& write = reply.results.back();
  sight_->stat.version = write.created_path.empty() ? write.stat.version : StoreVersion(0);
  if (call.ask == Ask::kRelease) return give_up();
  again_at_ = phase_ == Phase::kReleasing ? now_ : call.sent + length_ / 8;
  const Instant from = BATON_MUTANT(lead_counted_from_reply) ? now_ : call.sent;
  const Instant until = from + length_;
  if (phase_ == Phase::kTaking) {
    if (now_ >= until - options_.notice) return;  // too late to begin under this one: the next renewal
    phase_ = Phase::kLeading;
    acting_ = Acting{epoch_, until, std::nullopt};
    out_.push_back(Lead{epoch_, until});
  } else if (acting_) {
    acting_->until = until;
    out_.push_back(Extended{until});
  }
  if (!wish_watched_ && wish_call_ == 0) this->call(Ask::kWishThere, store::Exists{place_.wish(), true});
}

void Leadership::wish_seen(Ask ask, const store::Reply& reply) {
  wish_call_ = 0;
  wish_watched_ = reply.ok() || reply.error == StoreError::kNoNode;
  if (!reply.ok()) return;
  if (ask == Ask::kWishThere) return call(Ask::kWish, store::Get{place_.wish(), true});
  const std::optional<Wish> wish = Wish::parse(reply.data);
  if (wish && acting_ && wish->epoch == acting_->epoch) stop(Reason::kAsked);
}

void Leadership::release() {
  if (!open()) return;
  write_lease(Ask::kRelease, true);
}

}  // namespace baton::lead
