#include "tests/simulation/sim_store.h"

#include <algorithm>

#include "controller/coordination/paths.h"

namespace baton::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Duration kBeat = milliseconds(40);

bool touches(const store::Request& request, const std::string& path) {
  const auto* multi = std::get_if<store::Multi>(&request);
  if (multi == nullptr || path.empty()) return false;
  return std::any_of(multi->ops.begin(), multi->ops.end(), [&](const store::Op& op) {
    return std::visit([&](const auto& each) { return each.path.compare(0, path.size(), path) == 0; }, op) &&
           !std::holds_alternative<store::Check>(op);
  });
}

}  // namespace

SimStore::SimStore(Scheduler& scheduler, Links& links, Random& random, Duration session_timeout)
    : scheduler_(scheduler), links_(links), random_(random), session_timeout_(session_timeout) {
  beat();
}

Duration SimStore::latency() {
  return microseconds(150 + random_.below(400));
}

int SimStore::owner(store::SessionId session) const {
  auto found = owners_.find(session);
  return found == owners_.end() ? -1 : found->second;
}

// Heartbeats, expiry and reconnection, all at once every beat.
void SimStore::beat() {
  const Instant now = scheduler_.now();
  for (auto& [process, client] : clients_) {
    if (!client.open) continue;
    const bool running = client.sink.running();
    if (running && reachable(process)) {
      // A session that ended on the server ends the connection too: the client hears of it when it comes back.
      if (client.connected && ((client.session != 0 && !tree_.alive(client.session)) || client.broken)) disconnect(process);
      client.last_touch = now;
      if (!client.connected) connect(process, client.generation);
    } else if (client.connected && !reachable(process) && running && now - client.last_touch > session_timeout_ * 2 / 3) {
      disconnect(process);
    }
    // A store that is down expires nobody; it gives everybody the whole time-out again when it is back.
    if (down_) client.last_touch = now;
    if (client.session != 0 && now - client.last_touch > session_timeout_) tree_.expire(client.session);
  }
  for (auto at = orphaned_.begin(); at != orphaned_.end();) {
    if (down_) at->second = now;
    if (now - at->second <= session_timeout_) {
      ++at;
      continue;
    }
    tree_.expire(at->first);
    at = orphaned_.erase(at);
  }
  scheduler_.after(kBeat, [this] { beat(); });
}

void SimStore::open(int process, Sink sink) {
  Client& client = clients_[process];
  const int generation = client.generation + 1;
  client = Client{};
  client.generation = generation;
  client.sink = std::move(sink);
  client.open = true;
  client.last_touch = scheduler_.now();
  scheduler_.after(latency(), [this, process, generation] {
    if (clients_[process].generation == generation && reachable(process)) connect(process, generation);
  });
}

void SimStore::connect(int process, int generation) {
  Client& client = clients_[process];
  if (!client.open || client.connected || client.generation != generation) return;
  client.connected = true;
  client.broken = false;
  ++client.generation;
  if (client.session != 0 && !tree_.alive(client.session)) {
    client.connected = false;
    client.open = false;
    client.session = 0;
    client.sink.happened(store::SessionChanged{store::SessionState::kExpired, 0, {}});
    return;
  }
  if (client.session == 0) {
    client.session = tree_.open_session([this, process](const store::WatchFired& fired) {
      const store::SessionId session = clients_[process].session;
      watch(process, session, fired);
    });
    owners_[client.session] = process;
  }
  client.sink.happened(store::SessionChanged{store::SessionState::kConnected, client.session, session_timeout_});
  std::deque<store::WatchFired> missed = std::move(client.missed);
  for (store::WatchFired& fired : missed) client.sink.happened(std::move(fired));
}

void SimStore::disconnect(int process) {
  Client& client = clients_[process];
  if (!client.connected) return;
  client.connected = false;
  ++client.generation;
  std::deque<std::shared_ptr<Call>> lost = std::move(client.in_flight);
  client.in_flight.clear();
  client.sink.happened(store::SessionChanged{store::SessionState::kSuspended, client.session, {}});
  for (const auto& call : lost) {
    if (call->answered) continue;
    call->answered = true;
    store::Reply reply;
    reply.error = store::StoreError::kConnectionLoss;
    client.sink.replied(call->number, reply);
  }
}

void SimStore::break_connection(int process) {
  auto found = clients_.find(process);
  if (found != clients_.end() && found->second.open && found->second.sink.running()) disconnect(process);
}

void SimStore::close(int process) {
  Client& client = clients_[process];
  ++client.generation;
  client.open = client.connected = false;
  if (client.session != 0 && reachable(process)) {
    tree_.expire(client.session);
  } else if (client.session != 0) {
    orphaned_[client.session] = scheduler_.now();
  }
  client.session = 0;
}

void SimStore::forget(int process) {
  auto found = clients_.find(process);
  if (found == clients_.end()) return;
  ++found->second.generation;
  found->second.open = found->second.connected = false;
  if (found->second.session != 0) orphaned_[found->second.session] = found->second.last_touch;
  found->second.session = 0;
  found->second.sink = {};
}

void SimStore::expire(int process) {
  auto found = clients_.find(process);
  if (found == clients_.end() || found->second.session == 0) return;
  tree_.expire(found->second.session);
  break_connection(process);
}

void SimStore::submit(int process, uint64_t call, store::Request request) {
  if (submitted) submitted(process, request);
  Client& client = clients_[process];
  auto made = std::make_shared<Call>(Call{call, false});
  if (!client.connected) {
    scheduler_.after(microseconds(50), [this, process, made, generation = client.generation] {
      Client& now = clients_[process];
      if (!now.sink.replied || made->answered) return;
      made->answered = true;
      store::Reply reply;
      reply.error = now.open ? store::StoreError::kConnectionLoss : store::StoreError::kSessionExpired;
      (void)generation;
      now.sink.replied(made->number, reply);
    });
    return;
  }
  client.in_flight.push_back(made);
  client.next_request = std::max(client.next_request, scheduler_.now() + latency());
  scheduler_.at(client.next_request, [this, process, generation = client.generation, made, request = std::move(request)] {
    apply(process, generation, made, request);
  });
}

void SimStore::apply(int process, int generation, std::shared_ptr<Call> call, const store::Request& request) {
  Client& client = clients_[process];
  // A former connection's request may still arrive, as a packet under way does; of a cut link it does not.
  if (!reachable(process)) client.broken = true;
  if (!reachable(process) || client.session == 0) return;
  if (client.generation != generation && random_.chance(0.5)) return;
  const store::SessionId session = client.session;
  store::Reply reply = tree_.apply(session, request);
  if (const auto* multi = std::get_if<store::Multi>(&request); multi != nullptr && observer_) observer_(process, *multi, reply);
  const bool lose = client.lose_next_reply || touches(request, client.lose_touching);
  if (lose) {
    client.lose_next_reply = false;
    client.lose_touching.clear();
    scheduler_.after(latency(), [this, process, generation] {
      if (clients_[process].generation == generation) break_connection(process);
    });
    return;
  }
  client.next_reply = std::max(client.next_reply, scheduler_.now() + latency());
  scheduler_.at(client.next_reply, [this, process, generation, call, reply = std::move(reply)]() mutable {
    deliver(process, generation, call, std::move(reply));
  });
}

void SimStore::deliver(int process, int generation, std::shared_ptr<Call> call, store::Reply reply) {
  Client& client = clients_[process];
  if (client.generation != generation || call->answered) return;
  if (!reachable(process)) {
    client.broken = true;
    return;
  }
  call->answered = true;
  std::erase(client.in_flight, call);
  client.sink.replied(call->number, std::move(reply));
}

void SimStore::watch(int process, store::SessionId session, const store::WatchFired& fired) {
  Client& client = clients_[process];
  if (client.session != session || !client.open) return;
  client.next_reply = std::max(client.next_reply, scheduler_.now() + latency());
  scheduler_.at(client.next_reply, [this, process, generation = client.generation, session, fired] {
    Client& later = clients_[process];
    if (later.session != session || !later.open) return;
    // Another generation has set its watches again at the reconnection, where the server tells what was missed.
    bool set_again = later.generation != generation;
    if (later.connected && (set_again || reachable(process))) {
      later.sink.happened(fired);
    } else {
      later.broken |= later.connected;
      later.missed.push_back(fired);
    }
  });
}

}  // namespace baton::simulation
