#include "tests/controller/lead/world.h"

#include <algorithm>

namespace baton::lead {
namespace {

store::Reply lost() {
  store::Reply reply;
  reply.error = store::StoreError::kConnectionLoss;
  return reply;
}

}  // namespace

void World::start(const std::string& name, double rate) {
  Contender& one = contenders_[name];
  one = Contender{};
  one.name = name;
  one.rate = rate;
  one.running = true;
  LeadershipOptions options;
  options.name = "billing";
  options.elector = elector_;
  options.guid = name;
  options.who = {{"host", name}};
  options.notice = kNotice;
  options.random = &random_;
  options.wall_ms = [] { return 0; };
  one.core = std::make_unique<Leadership>(std::move(options));
  one.session = tree.open_session([&one](const store::WatchFired& fired) { one.deliveries.emplace_back(fired); });
  one.connected = true;
  one.deliveries.emplace_back(store::SessionChanged{store::SessionState::kConnected, one.session, kSession});
}

void World::crash(const std::string& name) {
  Contender& dead = contender(name);
  dead.running = false;
  dead.requests.clear();
  dead.deliveries.clear();
}

void World::give(const std::string& name, const Event& event) {
  Contender& one = contender(name);
  if (std::holds_alternative<Stopped>(event)) {
    one.acting.reset();
    one.told_to_stop = false;
  }
  carry_out(one, one.core->step(clock_of(one), event));
}

bool World::serve(const std::string& name, Fate fate) {
  Contender& client = contender(name);
  if (client.requests.empty() || !client.connected) return false;
  election::StoreCall call = std::move(client.requests.front());
  client.requests.pop_front();
  store::Reply reply = lost();
  if (fate != Fate::kLostBefore) {
    store::Reply real = tree.apply(client.session, call.request);
    if (fate == Fate::kAnswered) reply = std::move(real);
  }
  client.deliveries.emplace_back(election::StoreReplied{call.call, std::move(reply)});
  return true;
}

bool World::deliver(const std::string& name) {
  Contender& client = contender(name);
  if (client.deliveries.empty() || !client.running || client.paused) return false;
  auto delivery = std::move(client.deliveries.front());
  client.deliveries.pop_front();
  if (auto* replied = std::get_if<election::StoreReplied>(&delivery)) {
    give(name, *replied);
    return true;
  }
  const auto& event = std::get<store::StoreEvent>(delivery);
  give(name, election::StoreHappened{event});
  const auto* change = std::get_if<store::SessionChanged>(&event);
  if (change != nullptr && change->state == store::SessionState::kExpired) {
    client.connected = true;
    client.session = tree.open_session([&client](const store::WatchFired& fired) { client.deliveries.emplace_back(fired); });
    client.deliveries.emplace_back(store::SessionChanged{store::SessionState::kConnected, client.session, kSession});
  }
  return true;
}

void World::run() {
  constexpr int kStepsMax = 100'000;
  for (int steps = 0; steps < kStepsMax; ++steps) {
    bool moved = false;
    for (auto& [name, one] : contenders_) {
      if (!one.running) continue;
      if (serve(name)) moved = true;
      if (deliver(name)) moved = true;
      if (obedient && one.told_to_stop && !one.paused) {
        give(name, Stopped{});
        moved = true;
      }
    }
    if (!moved) return;
  }
  violations.push_back("the world never stands still");
}

void World::run_for(Duration time) {
  const Instant end = now + time;
  for (run(); now < end; run()) {
    advance(std::min<Duration>(end - now, std::chrono::milliseconds(10)));
    for (auto& [name, one] : contenders_) {
      if (one.running && !one.paused && one.core->wake_at() <= clock_of(one)) give(name, election::Woken{});
    }
  }
}

void World::advance(Duration time) {
  now = now + time;
}

void World::tidy_up() {
  const store::SessionId operators = tree.open_session([](const store::WatchFired&) {});
  store::Multi multi{{store::Delete{"/leaders/billing/leader", {}}}};
  for (const auto& [name, one] : contenders_) {
    if (!one.acting) continue;
    for (const std::string& child : tree.find("/leaders/billing/candidates")->children) {
      if (child.starts_with(name + "-")) multi.ops.push_back(store::Delete{"/leaders/billing/candidates/" + child, {}});
    }
  }
  tree.apply(operators, multi);
  tree.expire(operators);
}

void World::disconnect(const std::string& name) {
  Contender& client = contender(name);
  if (!client.connected) return;
  client.connected = false;
  for (auto& delivery : client.deliveries) {
    if (auto* replied = std::get_if<election::StoreReplied>(&delivery)) replied->reply = lost();
  }
  for (const election::StoreCall& call : client.requests) client.deliveries.emplace_back(election::StoreReplied{call.call, lost()});
  client.requests.clear();
  client.deliveries.emplace_back(store::SessionChanged{store::SessionState::kSuspended, client.session, kSession});
}

void World::reconnect(const std::string& name) {
  Contender& client = contender(name);
  if (client.connected) return;
  client.connected = true;
  const bool alive = tree.alive(client.session);
  if (!alive) {
    for (const election::StoreCall& call : client.requests) client.deliveries.emplace_back(election::StoreReplied{call.call, lost()});
    client.requests.clear();
  }
  client.deliveries.emplace_back(
      store::SessionChanged{alive ? store::SessionState::kConnected : store::SessionState::kExpired, client.session, kSession});
}

void World::expire(const std::string& name) {
  tree.expire(contender(name).session);
  disconnect(name);
}

void World::carry_out(Contender& one, const Decisions& decisions) {
  for (const Decision& decision : decisions) {
    if (const auto* call = std::get_if<election::StoreCall>(&decision)) {
      one.requests.push_back(*call);
    } else if (const auto* lead = std::get_if<Lead>(&decision)) {
      began(one, *lead);
    } else if (const auto* extended = std::get_if<Extended>(&decision)) {
      if (one.acting) one.acting->until = extended->until;
    } else if (const auto* stop = std::get_if<Stop>(&decision)) {
      say(one.name + " stops: " + std::string(name_of(stop->reason)));
      one.told_to_stop = true;
    } else if (const auto* ended = std::get_if<Ended>(&decision)) {
      say(one.name + " ended " + std::to_string(ended->epoch.value()) + (ended->released ? ", released" : ""));
    } else if (const auto* refused = std::get_if<Refused>(&decision)) {
      one.refused = refused->why;
    } else if (std::holds_alternative<Retired>(decision)) {
      one.retired = true;
    }
  }
  check();
}

void World::began(Contender& one, const Lead& lead) {
  say(one.name + " leads " + std::to_string(lead.epoch.value()));
  if (one.acting) violations.push_back(one.name + " leads twice");
  if (lead.epoch.value() <= last_epoch_) violations.push_back(one.name + " leads under an old token");
  if (clock_of(one) >= lead.until - kNotice) violations.push_back(one.name + " is to begin when it should stop");
  last_epoch_ = lead.epoch.value();
  ++leaderships;
  one.acting = lead;
}

void World::check() {
  std::string all;
  int count = 0;
  for (const auto& [name, one] : contenders_) {
    if (!acts(one)) continue;
    ++count;
    all += name + " ";
  }
  if (count > 1) violations.push_back("at once act: " + all);
}

std::string World::holder() const {
  for (const auto& [name, one] : contenders_) {
    if (acts(one)) return name;
  }
  return {};
}

std::vector<std::string> World::names() const {
  std::vector<std::string> names;
  for (const auto& [name, one] : contenders_) names.push_back(name);
  return names;
}

}  // namespace baton::lead
