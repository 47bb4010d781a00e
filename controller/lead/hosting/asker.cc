#include "controller/lead/hosting/asker.h"

#include <future>
#include <mutex>

#include "controller/coordination/zookeeper_store.h"

namespace baton::lead {

Result<std::unique_ptr<Asker>> Asker::open(const std::string& connect, Duration at_most) {
  std::unique_ptr<Asker> asker(new Asker(at_most));
  asker->store_ = std::make_unique<store::ZooKeeperStore>(store::ZooKeeperOptions{connect, std::chrono::seconds(10)});
  struct First {
    std::once_flag once;
    std::promise<void> connected;
  };
  auto first = std::make_shared<First>();
  std::future<void> connected = first->connected.get_future();
  asker->store_->open([first](const store::StoreEvent& event) {
    const auto* change = std::get_if<store::SessionChanged>(&event);
    if (change == nullptr || change->state != store::SessionState::kConnected) return;
    std::call_once(first->once, [&] { first->connected.set_value(); });
  });
  if (connected.wait_for(at_most) != std::future_status::ready) {
    return fail(ErrorCode::kBrokerNotAvailable, "no ZooKeeper answers at " + connect + ": is it running, and is this its address?");
  }
  return asker;
}

Asker::~Asker() {
  store_->close();
}

store::Reply Asker::ask(store::Request request) {
  auto answer = std::make_shared<std::promise<store::Reply>>();
  std::future<store::Reply> future = answer->get_future();
  store_->submit(std::move(request), [answer](store::Reply reply) { answer->set_value(std::move(reply)); });
  if (future.wait_for(at_most_) == std::future_status::ready) return future.get();
  store::Reply reply;
  reply.error = store::StoreError::kConnectionLoss;
  return reply;
}

}  // namespace baton::lead
