#include "controller/lead/hosting/campaigner.h"

#include <pthread.h>

#include <algorithm>
#include <future>

#include "base/uuid.h"
#include "controller/coordination/zookeeper_store.h"

namespace baton::lead {
namespace {

// How long a resignation may take that nobody but the successor waits for: without it, it waits for the lease.
constexpr Duration kCloseWithin = std::chrono::seconds(2);

store::Reply no_answer() {
  store::Reply reply;
  reply.error = store::StoreError::kConnectionLoss;
  return reply;
}

}  // namespace

std::string known_electors() {
  std::string known;
  for (const election::ElectorKind& kind : election::elector_kinds()) {
    if (!kind.asks_peers) known += (known.empty() ? "" : ", ") + std::string(kind.name);
  }
  return known;
}

Status check(const CampaignerConfig& config) {
  if (Status name = check_name(config.name); !name) return name;
  const auto kind = election::find_elector(config.elector);
  if (!kind || (*kind)->asks_peers) {
    return fail(ErrorCode::kInvalidConfig, "'" + config.elector + "' elects no leader of an application: take one of " + known_electors());
  }
  if (Status connect = store::check_connect_string(config.connect); !connect) return connect;
  const Duration lease = lease_of_session(config.session);
  if (config.session < std::chrono::milliseconds(100) || config.session > std::chrono::hours(1)) {
    return fail(ErrorCode::kInvalidConfig, "a session lasts from 100 ms to an hour");
  }
  if (config.notice * 2 >= lease) {
    return fail(ErrorCode::kInvalidConfig, "the time to stop in must be less than half of the lease, which is one and a half sessions");
  }
  return {};
}

Campaigner::Campaigner(const CampaignerConfig& config, CampaignerCallbacks callbacks) : callbacks_(std::move(callbacks)) {
  guid_ = Uuid::random(random_).to_string();
  LeadershipOptions options;
  options.name = config.name;
  options.elector = config.elector;
  options.guid = guid_;
  options.who = config.who;
  options.notice = config.notice;
  options.random = &random_;
  options.wall_ms = [this] { return clock_.wall_ms(); };
  core_ = std::make_unique<Leadership>(std::move(options));
  timer_ = std::make_unique<network::Timer>(reactor_);
  close_limit_ = std::make_unique<network::Timer>(reactor_);
  store_ = std::make_unique<store::ZooKeeperStore>(store::ZooKeeperOptions{config.connect, config.session});
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-lead");
    reactor_.post([this] { open_store(); });
    reactor_.run();
  });
}

void Campaigner::open_store() {
  store_->open([this](store::StoreEvent event) {
    reactor_.post([this, event = std::move(event)] {
      feed(election::StoreHappened{event});
      const auto* change = std::get_if<store::SessionChanged>(&event);
      if (change == nullptr) return;
      callbacks_.on_connected(change->state == store::SessionState::kConnected);
      if (change->state == store::SessionState::kExpired) open_store();
    });
  });
}

void Campaigner::feed(const Event& event) {
  for (const Decision& decision : core_->step(clock_.now(), event)) carry_out(decision);
  wake_at(core_->wake_at());
}

void Campaigner::carry_out(const Decision& decision) {
  struct Visitor {
    Campaigner& self;
    void operator()(const election::StoreCall& call) const {
      self.store_->submit(call.request, [&to = self, id = call.call](store::Reply reply) {
        to.reactor_.post([&to, id, reply = std::move(reply)] { to.feed(election::StoreReplied{id, reply}); });
      });
    }
    void operator()(const Lead& lead) const {
      self.deadline_ns_.store(lead.until.ns, std::memory_order_release);
      self.epoch_.store(lead.epoch.value(), std::memory_order_release);
      self.callbacks_.on_lead(lead);
    }
    void operator()(const Extended& extended) const {
      self.deadline_ns_.store(extended.until.ns, std::memory_order_release);
      self.callbacks_.on_extended(extended.until);
    }
    void operator()(const Stop& stop) const { self.callbacks_.on_stop(stop); }
    void operator()(const Ended& ended) const {
      self.deadline_ns_.store(0, std::memory_order_release);
      self.epoch_.store(0, std::memory_order_release);
      self.callbacks_.on_ended(ended);
    }
    void operator()(const Refused& refused) const { self.callbacks_.on_refused(refused); }
    void operator()(const Retired&) const { self.reactor_.stop(); }
  };
  std::visit(Visitor{*this}, decision);
}

void Campaigner::wake_at(Instant at) {
  if (at == Instant::never()) return timer_->cancel();
  const Duration after = std::max(Duration::zero(), at - clock_.now());
  timer_->start(after, [this, at] {
    if (clock_.now() < at) return wake_at(at);  // timers run on another clock than instants
    feed(election::Woken{});
  });
}

void Campaigner::resign() {
  reactor_.post([this] { feed(Resign{}); });
}

void Campaigner::stopped() {
  reactor_.post([this] { feed(Stopped{}); });
}

store::Reply Campaigner::ask(store::Request request, Duration at_most) {
  auto answer = std::make_shared<std::promise<store::Reply>>();
  std::future<store::Reply> future = answer->get_future();
  reactor_.post([this, answer, request = std::move(request)]() mutable {
    store_->submit(std::move(request), [answer](store::Reply reply) { answer->set_value(std::move(reply)); });
  });
  return future.wait_for(at_most) == std::future_status::ready ? future.get() : no_answer();
}

void Campaigner::close() {
  if (closing_.exchange(true)) return;
  reactor_.post([this] {
    close_limit_->start(kCloseWithin, [this] { reactor_.stop(); });
    feed(Stopped{});
    feed(Retire{});
  });
  thread_.join();
  deadline_ns_.store(0, std::memory_order_release);
  epoch_.store(0, std::memory_order_release);
  store_->close();
}

}  // namespace baton::lead
