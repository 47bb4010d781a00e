#include "tests/cluster/rig/store_reader.h"

#include <atomic>
#include <future>
#include <stdexcept>

#include "controller/coordination/zookeeper_store.h"
#include "tests/cluster/rig/checks.h"

namespace baton::rig {

StoreReader::StoreReader(const std::string& connect)
    : store_(std::make_unique<store::ZooKeeperStore>(store::ZooKeeperOptions{connect, std::chrono::seconds(30)})) {
  auto connected = std::make_shared<std::atomic<bool>>(false);
  store_->open([connected](const store::StoreEvent& event) {
    const auto* change = std::get_if<store::SessionChanged>(&event);
    if (change != nullptr && change->state == store::SessionState::kConnected) *connected = true;
  });
  await("a session with " + connect, [&] { return connected->load(); });
}

StoreReader::~StoreReader() {
  store_->close();
}

store::Reply StoreReader::ask(store::Request request, const std::string& path) {
  auto answered = std::make_shared<std::promise<store::Reply>>();
  auto reply = answered->get_future();
  store_->submit(std::move(request), [answered](store::Reply came) { answered->set_value(std::move(came)); });
  if (reply.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("ZooKeeper does not answer about " + path);
  store::Reply came = reply.get();
  if (!came.ok() && came.error != store::StoreError::kNoNode) throw std::runtime_error("ZooKeeper does not tell of " + path);
  return came;
}

std::optional<store::Stat> StoreReader::find(const std::string& path) {
  const store::Reply reply = ask(store::Exists{path, false}, path);
  return reply.ok() ? std::optional(reply.stat) : std::nullopt;
}

std::optional<std::string> StoreReader::read(const std::string& path) {
  store::Reply reply = ask(store::Get{path, false}, path);
  return reply.ok() ? std::optional(std::move(reply.data)) : std::nullopt;
}

}  // namespace baton::rig
