#include "controller/coordination/memory_store.h"

#include <utility>

namespace baton::store {
namespace {

constexpr Duration kNegotiatedTimeout = std::chrono::seconds(1);

Reply refusal(StoreError error) {
  Reply reply;
  reply.error = error;
  return reply;
}

}  // namespace

MemoryStore::~MemoryStore() {
  close();
}

void MemoryStore::open(Listener listener) {
  close();
  link_ = std::make_shared<Link>();
  link_->listener = std::move(listener);
  std::weak_ptr<Link> weak = link_;
  link_->session = tree_.open_session([this, weak](const WatchFired& fired) {
    auto link = weak.lock();
    if (!link) return;
    if (link->suspended) return link->held.push_back(fired);
    arrive(link, [raw = link.get(), fired](bool lost) {
      if (lost) return raw->held.push_back(fired);
      raw->listener(fired);
    });
  });
  tell(link_, SessionState::kConnected);
}

void MemoryStore::close() {
  if (!link_) return;
  tree_.expire(link_->session);
  end(link_->expired ? StoreError::kSessionExpired : StoreError::kClosed);
}

// Answers what is left and forgets the session.
void MemoryStore::end(StoreError error) {
  auto link = std::exchange(link_, nullptr);
  link->over = true;
  link->suspended = true;
  for (auto arriving = std::exchange(link->arriving, {}); auto& one : arriving) one(true);
  fail_waiting(*link, error);
}

void MemoryStore::submit(Request request, Callback callback) {
  if (!link_) return callback(refusal(StoreError::kClosed));
  link_->waiting.push_back(Call{std::move(request), std::move(callback)});
  post_([this, link = link_] { apply_next(link); });
}

void MemoryStore::apply_next(const std::shared_ptr<Link>& link) {
  if (link->suspended || link->waiting.empty()) return;
  Call call = std::move(link->waiting.front());
  link->waiting.pop_front();
  Reply reply = refusal(StoreError::kConnectionLoss);
  bool loses = !losses_.empty();
  if (!loses || losses_.front() == Loss::kAfter) {
    Reply real = tree_.apply(link->session, call.request);
    if (!loses) reply = std::move(real);
  }
  if (loses) losses_.pop_front();
  arrive(link, [callback = std::move(call.callback), reply = std::move(reply)](bool lost) mutable {
    callback(lost ? refusal(StoreError::kConnectionLoss) : std::move(reply));
  });
}

void MemoryStore::arrive(const std::shared_ptr<Link>& link, std::function<void(bool lost)> what) {
  link->arriving.push_back(std::move(what));
  post_([link] {
    if (link->arriving.empty()) return;
    auto next = std::move(link->arriving.front());
    link->arriving.pop_front();
    next(false);
  });
}

void MemoryStore::tell(const std::shared_ptr<Link>& link, SessionState state) {
  arrive(link, [raw = link.get(), state](bool) {
    if (!raw->over) raw->listener(SessionChanged{.state = state, .session_id = raw->session, .negotiated_timeout = kNegotiatedTimeout});
  });
}

void MemoryStore::suspend() {
  if (!link_ || link_->suspended) return;
  link_->suspended = true;
  for (auto arriving = std::exchange(link_->arriving, {}); auto& one : arriving) one(true);
  fail_waiting(*link_, StoreError::kConnectionLoss);
  tell(link_, SessionState::kSuspended);
}

void MemoryStore::resume() {
  if (!link_ || !link_->suspended) return;
  link_->suspended = false;
  if (!tree_.alive(link_->session)) {
    return tell_expired();
  }
  tell(link_, SessionState::kConnected);
  for (auto held = std::exchange(link_->held, {}); const WatchFired& fired : held) {
    arrive(link_, [raw = link_.get(), fired](bool lost) {
      if (lost) return raw->held.push_back(fired);
      raw->listener(fired);
    });
  }
  for (size_t i = 0; i < link_->waiting.size(); ++i) post_([this, link = link_] { apply_next(link); });
}

void MemoryStore::expire() {
  if (!link_) return;
  tree_.expire(link_->session);
  if (!link_->suspended) tell_expired();
}

void MemoryStore::tell_expired() {
  link_->expired = true;
  for (auto waiting = std::exchange(link_->waiting, {}); Call & call : waiting) {
    arrive(link_, [callback = std::move(call.callback)](bool) { callback(refusal(StoreError::kSessionExpired)); });
  }
  tell(link_, SessionState::kExpired);
}

void MemoryStore::fail_waiting(Link& link, StoreError error) {
  for (auto waiting = std::exchange(link.waiting, {}); Call & call : waiting) call.callback(refusal(error));
}

}  // namespace baton::store
