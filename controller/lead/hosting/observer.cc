#include "controller/lead/hosting/observer.h"

#include <pthread.h>

#include <utility>

#include "controller/coordination/zookeeper_store.h"
#include "controller/lead/records.h"

namespace baton::lead {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(200);

}  // namespace

Observer::Observer(const std::string& name, const std::string& connect, Duration session, OnLeader on_leader)
    : place_(name), on_leader_(std::move(on_leader)) {
  again_ = std::make_unique<network::Timer>(reactor_);
  store_ = std::make_unique<store::ZooKeeperStore>(store::ZooKeeperOptions{connect, session});
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-observe");
    reactor_.post([this] { open_store(); });
    reactor_.run();
  });
}

Observer::~Observer() {
  reactor_.post([this] { reactor_.stop(); });
  thread_.join();
  store_->close();
}

void Observer::open_store() {
  store_->open([this](store::StoreEvent event) { reactor_.post([this, event = std::move(event)] { happened(event); }); });
}

void Observer::happened(const store::StoreEvent& event) {
  if (const auto* change = std::get_if<store::SessionChanged>(&event)) {
    if (change->state == store::SessionState::kConnected) look();
    if (change->state == store::SessionState::kExpired) open_store();
  } else if (std::get<store::WatchFired>(event).path == place_.leader()) {
    look();
  }
}

// Exists sets its watch whether the node is there or not; then what it says.
void Observer::look() {
  store_->submit(store::Exists{place_.leader(), true}, [](store::Reply) {});
  store_->submit(store::Get{place_.leader(), true},
                 [this](store::Reply reply) { reactor_.post([this, reply = std::move(reply)] { seen(reply); }); });
}

void Observer::seen(const store::Reply& reply) {
  if (!reply.ok() && reply.error != store::StoreError::kNoNode) return again_->start(kLookAgain, [this] { look(); });
  const std::string who = reply.ok() ? reply.data : std::string();
  if (std::exchange(told_, true) && who == last_) return;
  last_ = who;
  on_leader_(static_cast<int32_t>(number(parse_fields(who), "epoch").value_or(0)), who);
}

}  // namespace baton::lead
