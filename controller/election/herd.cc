#include "controller/election/herd.h"

#include <utility>

#include "base/assert.h"
#include "controller/coordination/paths.h"

namespace baton::election {

using store::StoreError;

HerdElector::HerdElector(HerdOptions options, Random& random)
    : StandingElector(options.timing, random), options_(std::move(options)), next_call_(options_.first_call) {
  BATON_ASSERT(!options_.guid.empty());
}

void HerdElector::ask(Call call, store::Request request) {
  call_ = call;
  pending_ = next_call_++;
  say(StoreCall{pending_, std::move(request)});
}

void HerdElector::step_down() {
  leaving_ = ours_;
  if (session() == 0) {
    pending_ = 0;
    call_ = Call::kNone;
    leaving_ = ours_ = false;
  }
  if (heir_) over(false, "this candidate stands no longer");
  if (leaving_) look();
}

void HerdElector::look() {
  if (session() == 0 || (!standing() && !leaving_)) return;
  if (call_ != Call::kNone) {
    look_again_ = true;
    return;
  }
  look_again_ = false;
  retry_at_ = Instant::never();
  if (leaving_) {
    ask(Call::kLeave, store::Multi{{store::Delete{paths::kElectionLeader, {}}}});
  } else {
    ask(Call::kLook, store::Get{paths::kElectionLeader, true});
  }
}

void HerdElector::woken() {
  if (now_ >= retry_at_) {
    retry_at_ = Instant::never();
    look();
  }
  if (now_ >= take_back_at_) {
    take_back_at_ = Instant::never();
    over(false, heir_ ? heir_->guid + " did not take over" : "");
    if (ours_ && call_ == Call::kNone) ask(Call::kName, store::Multi{{store::SetData{paths::kElectionLeader, options_.guid, version_}}});
  }
}

void HerdElector::fired(const store::WatchFired& fired) {
  if (fired.path == paths::kElectionLeader) look();
}

void HerdElector::replied(const StoreReplied& reply) {
  if (reply.call != pending_ || pending_ == 0) return;
  pending_ = 0;
  const Call call = std::exchange(call_, Call::kNone);
  if (reply.reply.error == StoreError::kSessionExpired || reply.reply.error == StoreError::kClosed) return;
  if (reply.reply.error == StoreError::kConnectionLoss) {
    retry_at_ = now_ + options_.retry;
    return;
  }
  if (call == Call::kLeave) leaving_ = ours_ = false;
  if (call == Call::kLook) return looked(reply.reply);
  if (call == Call::kName) return named(reply.reply);
  look();  // at what the attempt has led to: our own node, or another's
}

void HerdElector::looked(const store::Reply& reply) {
  if (look_again_) return look();
  if (!standing()) return;
  ours_ = reply.ok() && reply.stat.ephemeral_owner == session();
  if (ours_) return own_seen(reply);
  if (nominated()) withdraw();
  if (heir_ && take_back_at_ != Instant::never()) over(true, "");
  if (!reply.ok()) {
    ask(Call::kCreate, store::Multi{{store::Create{paths::kElectionLeader, options_.guid, store::NodeKind::kEphemeral}}});
  } else if (reply.data == options_.guid) {
    // Left for us to take, or left by ourselves in an older session.
    ask(Call::kTakeOver, store::Multi{{store::Delete{paths::kElectionLeader, reply.stat.version},
                                       store::Create{paths::kElectionLeader, options_.guid, store::NodeKind::kEphemeral}}});
  } else if (heir_) {
    over(false, "this candidate does not hold the node");
  }
}

void HerdElector::own_seen(const store::Reply& reply) {
  version_ = reply.stat.version;
  nominate(paths::kElectionLeader);
  if (heir_ && take_back_at_ == Instant::never()) name_heir();
}

void HerdElector::transfer(const TransferTo& wish) {
  heir_ = wish;
  take_back_at_ = Instant::never();
  look();
}

void HerdElector::name_heir() {
  if (heir_->guid == options_.guid) return over(true, "");
  ask(Call::kName, store::Multi{{store::SetData{paths::kElectionLeader, heir_->guid, version_}}});
}

void HerdElector::named(const store::Reply& reply) {
  if (reply.ok() && heir_) take_back_at_ = now_ + timing_.suspect;
  look();
}

void HerdElector::over(bool transferred, const std::string& why) {
  take_back_at_ = Instant::never();
  if (!heir_) return;
  const std::string guid = std::exchange(heir_, std::nullopt)->guid;
  if (transferred) {
    say(Transferred{guid});
  } else {
    say(TransferFailed{why});
  }
}

// The node bears the old name: it goes, and whoever is quickest takes the place.
void HerdElector::renamed(const Rename& rename) {
  options_.guid = rename.guid;
  withdraw();
  leaving_ = ours_;
  look();
}

}  // namespace baton::election
