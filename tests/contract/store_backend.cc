#include "tests/contract/store_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "controller/coordination/memory_store.h"
#include "controller/coordination/zookeeper_store.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/wait.h"
#include "tests/support/zookeeper_server.h"

namespace baton::store {

int64_t Client::open() {
  store().open([this](StoreEvent event) { hear(std::move(event)); });
  EXPECT_TRUE(wait_for_state(SessionState::kConnected));
  std::vector<Heard> all = heard();
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    const StoreEvent* event = std::get_if<StoreEvent>(&*one);
    const SessionChanged* change = event ? std::get_if<SessionChanged>(event) : nullptr;
    if (change != nullptr) return change->session_id;
  }
  return 0;
}

int Client::send(Request request) {
  int number = next_call_++;
  store().submit(std::move(request), [this, number](Reply reply) { hear(Answer{number, std::move(reply)}); });
  return number;
}

Reply Client::wait_for(int number) {
  Reply reply;
  reply.error = StoreError::kOther;
  bool came = settle([&] {
    std::lock_guard lock(mutex_);
    for (const Heard& one : heard_) {
      const Answer* answer = std::get_if<Answer>(&one);
      if (answer == nullptr || answer->call != number) continue;
      reply = answer->reply;
      return true;
    }
    return false;
  });
  EXPECT_TRUE(came) << "call " << number << " is never answered";
  return reply;
}

bool Client::wait_for_state(SessionState state) {
  return settle([&] {
    std::lock_guard lock(mutex_);
    for (auto one = heard_.rbegin(); one != heard_.rend(); ++one) {
      const StoreEvent* event = std::get_if<StoreEvent>(&*one);
      const SessionChanged* change = event ? std::get_if<SessionChanged>(event) : nullptr;
      if (change != nullptr) return change->state == state;
    }
    return false;
  });
}

std::vector<Client::Heard> Client::heard() const {
  std::lock_guard lock(mutex_);
  return heard_;
}

std::vector<WatchFired> Client::watches() const {
  std::vector<WatchFired> fired;
  for (const Heard& one : heard()) {
    const StoreEvent* event = std::get_if<StoreEvent>(&one);
    if (event != nullptr && std::holds_alternative<WatchFired>(*event)) fired.push_back(std::get<WatchFired>(*event));
  }
  return fired;
}

void Client::forget() {
  std::lock_guard lock(mutex_);
  heard_.clear();
}

void Client::hear(Heard what) {
  std::lock_guard lock(mutex_);
  heard_.push_back(std::move(what));
}

namespace {

class MemoryBackend final : public Backend {
 public:
  std::unique_ptr<Client> client() override { return std::make_unique<MemoryClient>(*this); }

 private:
  class MemoryClient final : public Client {
   public:
    explicit MemoryClient(MemoryBackend& backend)
        : backend_(backend), store_(backend.tree_, [&backend](std::function<void()> task) { backend.tasks_.push_back(std::move(task)); }) {}
    ~MemoryClient() override {
      store_.close();
      backend_.run();
    }
    Store& store() override { return store_; }
    void cut() override { store_.suspend(); }
    void restore() override { store_.resume(); }
    void expire_while_cut() override { store_.expire(); }
    bool settle(const std::function<bool()>& condition) override {
      backend_.run();
      return condition();
    }

   private:
    MemoryBackend& backend_;
    MemoryStore store_;
  };

  void run() {
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

  MemoryTree tree_;
  std::deque<std::function<void()>> tasks_;
};

constexpr std::chrono::milliseconds kSessionTimeout(400);

support::ZooKeeperServer& server() {
  struct Running : support::ZooKeeperServer {
    Running() { start(); }
  };
  static Running running;
  return running;
}

class ZooKeeperBackend final : public Backend {
 public:
  explicit ZooKeeperBackend(std::string chroot) : chroot_(std::move(chroot)) {}
  std::unique_ptr<Client> client() override { return std::make_unique<ZooKeeperClient>(chroot_); }

 private:
  class ZooKeeperClient final : public Client {
   public:
    explicit ZooKeeperClient(const std::string& chroot)
        : proxy_(server().port()),
          store_(ZooKeeperOptions{.connect = "127.0.0.1:" + std::to_string(proxy_.port()) + chroot, .session_timeout = kSessionTimeout}) {}
    ~ZooKeeperClient() override { store_.close(); }
    Store& store() override { return store_; }
    void cut() override { proxy_.cut(); }
    void restore() override { proxy_.restore(); }
    // The server ends a session that is silent; it looks on every tick.
    void expire_while_cut() override { std::this_thread::sleep_for(3 * kSessionTimeout); }
    bool settle(const std::function<bool()>& condition) override { return support::wait_for(std::chrono::seconds(20), condition); }

   private:
    support::TcpProxy proxy_;
    ZooKeeperStore store_;
  };

  std::string chroot_;
};

}  // namespace

std::unique_ptr<Backend> memory_backend() {
  return std::make_unique<MemoryBackend>();
}
std::unique_ptr<Backend> zookeeper_backend(const std::string& chroot) {
  return std::make_unique<ZooKeeperBackend>(chroot);
}

}  // namespace baton::store
