#include "tests/controller/election/world.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::election {
namespace {

constexpr uint64_t kClaimCalls = uint64_t{1} << 56;

}  // namespace

World::World(std::string elector) : elector_(std::move(elector)) {
  auto setup = tree.open_session([](const store::WatchFired&) {});
  auto made = tree.apply(setup, store::Multi{{store::Create{paths::kElection, ""}, store::Create{paths::kCandidates, ""}}});
  BATON_ASSERT(made.ok());
}

void World::start(const std::string& name) {
  Process& process = processes_[name];
  process = Process{};
  process.name = name;
  process.running = true;
  ElectorSetup setup;
  setup.guid = name;
  setup.data = "data of " + name;
  setup.random = &random_;
  process.elector = make_enrolled(**find_elector(elector_), setup);
  ClaimOptions options;
  options.first_call = kClaimCalls;
  options.controller_json = [name](ControllerEpoch epoch) { return name + " at " + std::to_string(epoch.value()); };
  process.claim = std::make_unique<Claim>(options);
  open_session(process);
}

void World::crash(const std::string& name) {
  Process& dead = process(name);
  dead.running = false;
  dead.requests.clear();
  dead.deliveries.clear();
}

void World::prove_death(const std::string& name) {
  for (auto& [other, process] : processes_) {
    if (process.running) give(other, DeathProven{name});
  }
}

void World::open_session(Process& process) {
  process.connected = true;
  Process* address = &process;
  process.session = tree.open_session([address](const store::WatchFired& fired) { address->deliveries.emplace_back(fired); });
  process.deliveries.emplace_back(store::SessionChanged{store::SessionState::kConnected, process.session, std::chrono::seconds(1)});
}

void World::give(const std::string& name, const ElectorEvent& event) {
  Process& receiver = process(name);
  if (const auto* proven = std::get_if<DeathProven>(&event)) tell_handover(receiver, *proven);
  carry_out(receiver, receiver.elector->step(now, event));
}

void World::give_claim(const std::string& name, const ClaimEvent& event) {
  Process& receiver = process(name);
  carry_out(receiver, receiver.claim->step(now, event));
}

void World::hand_over(const std::string& name, const std::string& heir) {
  Process& ruler = process(name);
  tell_handover(ruler, HandOver{heir, name, ruler.claim->ruling()});
}

void World::finish_write(const std::string& name) {
  process(name).writing = false;
  drain(process(name));
}

void World::drain(Process& process) {
  if (process.handover.holding() && !process.writing) tell_handover(process, Drained{});
}

void World::tell_handover(Process& process, const HandoverEvent& event) {
  for (const HandoverDecision& decision : process.handover.step(now, event)) {
    if (const auto* turn = std::get_if<TurnQueue>(&decision)) {
      say(process.name + " turns the queue to " + turn->guid);
      give(process.name, TransferTo{turn->guid});
    } else if (std::holds_alternative<Hold>(decision)) {
      say(process.name + " holds its writes");
      drain(process);
    } else if (std::holds_alternative<Release>(decision)) {
      say(process.name + " writes again");
    } else if (std::holds_alternative<GiveUp>(decision)) {
      say(process.name + " resigns");
      give_claim(process.name, Resign{});
    } else if (const auto* over = std::get_if<HandoverOver>(&decision)) {
      constexpr const char* kHow[] = {"the heir rules", "another rules", "rules again", "goes on", "lost its rule"};
      say(process.name + " handed over: " + kHow[static_cast<int>(over->how)] + (over->reason.empty() ? "" : ", " + over->reason));
    }
  }
}

bool World::serve(const std::string& name, Fate fate) {
  Process& client = process(name);
  if (client.requests.empty() || !client.connected) return false;
  StoreCall call = std::move(client.requests.front());
  client.requests.pop_front();
  store::Reply reply;
  reply.error = store::StoreError::kConnectionLoss;
  if (fate != Fate::kLostBefore) {
    store::Reply real = tree.apply(client.session, call.request);
    if (fate == Fate::kAnswered) reply = std::move(real);
  }
  client.deliveries.emplace_back(StoreReplied{call.call, std::move(reply)});
  check_epoch();
  return true;
}

bool World::deliver(const std::string& name) {
  Process& client = process(name);
  if (client.deliveries.empty() || !client.running) return false;
  auto delivery = std::move(client.deliveries.front());
  client.deliveries.pop_front();
  if (auto* replied = std::get_if<StoreReplied>(&delivery)) {
    if (replied->call >= kClaimCalls) {
      give_claim(name, *replied);
    } else {
      give(name, *replied);
    }
    return true;
  }
  const auto& event = std::get<store::StoreEvent>(delivery);
  give(name, StoreHappened{event});
  give_claim(name, StoreHappened{event});
  const auto* change = std::get_if<store::SessionChanged>(&event);
  if (change && change->state == store::SessionState::kExpired) open_session(client);
  return true;
}

void World::run() {
  constexpr int kStepsMax = 100'000;
  for (int steps = 0; steps < kStepsMax; ++steps) {
    bool moved = false;
    for (auto& [name, process] : processes_) {
      if (!process.running) continue;
      if (serve(name)) moved = true;
      if (deliver(name)) moved = true;
    }
    if (!moved) return;
  }
  violations.push_back("the world never stands still");
}

void World::run_for(Duration time) {
  Instant end = now + time;
  run();
  for (;;) {
    Instant next = Instant::never();
    for (auto& [name, process] : processes_) {
      if (process.running) next = std::min({next, process.elector->wake_at(), process.claim->wake_at(), process.handover.wake_at()});
    }
    if (next > end) break;
    now = std::max(now, next);
    for (auto& [name, process] : processes_) {
      const Instant due = std::min({process.elector->wake_at(), process.claim->wake_at(), process.handover.wake_at()});
      if (process.running && due <= now) wake(name);
    }
    run();
  }
  now = end;
}

void World::wake(const std::string& name) {
  give(name, Woken{});
  give_claim(name, Woken{});
  // Whoever was cut off reads /controller when it is back.
  const bool known = process(name).connected && owner_of_controller() != 0 && ruler_of_.contains(last_epoch_);
  if (known) tell_handover(process(name), RuleSeen{ControllerEpoch(last_epoch_), ruler_of_.at(last_epoch_)});
  tell_handover(process(name), Woken{});
}

void World::disconnect(const std::string& name) {
  Process& client = process(name);
  client.connected = false;
  for (auto& delivery : client.deliveries) {
    if (auto* replied = std::get_if<StoreReplied>(&delivery)) {
      replied->reply = {};
      replied->reply.error = store::StoreError::kConnectionLoss;
    }
  }
  for (const StoreCall& call : client.requests) {
    store::Reply lost;
    lost.error = store::StoreError::kConnectionLoss;
    client.deliveries.emplace_back(StoreReplied{call.call, lost});
  }
  client.requests.clear();
  client.deliveries.emplace_back(store::SessionChanged{store::SessionState::kSuspended, client.session, {}});
}

void World::reconnect(const std::string& name) {
  Process& client = process(name);
  if (client.connected) return;
  client.connected = true;
  auto state = tree.alive(client.session) ? store::SessionState::kConnected : store::SessionState::kExpired;
  if (state == store::SessionState::kExpired) {
    for (const StoreCall& call : client.requests) {
      store::Reply expired;
      expired.error = store::StoreError::kSessionExpired;
      client.deliveries.emplace_back(StoreReplied{call.call, expired});
    }
    client.requests.clear();
  }
  client.deliveries.emplace_back(store::SessionChanged{state, client.session, std::chrono::seconds(1)});
}

void World::carry_out(Process& process, const ElectorDecisions& decisions) {
  for (const ElectorDecision& decision : decisions) {
    if (const auto* call = std::get_if<StoreCall>(&decision)) {
      process.requests.push_back(*call);
    } else if (const auto* nominated = std::get_if<Nominated>(&decision)) {
      std::string line = process.name + " nominated";
      for (const Candidate& dead : nominated->nomination.dead) line += " over dead " + dead.guid;
      say(line);
      give_claim(process.name, *nominated);
    } else if (std::holds_alternative<Withdrawn>(decision)) {
      say(process.name + " withdrawn");
      give_claim(process.name, NominationWithdrawn{});
    } else if (const auto* changed = std::get_if<QueueChanged>(&decision)) {
      process.queue = changed->queue;
    } else if (const auto* transferred = std::get_if<Transferred>(&decision)) {
      say(process.name + " transferred to " + transferred->guid);
      tell_handover(process, *transferred);
    } else if (const auto* failed = std::get_if<TransferFailed>(&decision)) {
      say(process.name + " transfer failed: " + failed->reason);
      tell_handover(process, *failed);
    }
  }
}

void World::carry_out(Process& process, const ClaimDecisions& decisions) {
  for (const ClaimDecision& decision : decisions) {
    if (const auto* call = std::get_if<StoreCall>(&decision)) {
      process.requests.push_back(*call);
    } else if (const auto* ruling = std::get_if<Ruling>(&decision)) {
      int32_t epoch = ruling->epoch.value();
      say(process.name + " rules " + std::to_string(epoch));
      auto [owner, fresh] = ruler_of_.emplace(epoch, process.name);
      if (!fresh) violations.push_back("epoch " + std::to_string(epoch) + " ruled by " + owner->second + " and again by " + process.name);
      // What everybody learns from /controller.
      for (auto& [name, other] : processes_) {
        if (other.running && other.connected) tell_handover(other, RuleSeen{ruling->epoch, process.name});
      }
      if (epoch > last_epoch_) violations.push_back(process.name + " rules an epoch that the store does not know");
    } else if (const auto* lost = std::get_if<Lost>(&decision)) {
      say(process.name + " lost: " + std::string(name_of(lost->reason)));
      const bool handing_over = process.handover.under_way();
      tell_handover(process, *lost);
      if (lost->reason != LossReason::kSessionExpired && !handing_over) give(process.name, Yield{});
    } else if (const auto* abdicated = std::get_if<Abdicated>(&decision)) {
      say(process.name + " abdicates");
      give(process.name, Yield{abdicated->backoff});
    }
  }
}

void World::check_epoch() {
  const auto* node = tree.find(paths::kControllerEpoch);
  int32_t epoch = node ? std::stoi(node->data) : -1;
  if (epoch < last_epoch_) violations.push_back("the controller epoch fell to " + std::to_string(epoch));
  last_epoch_ = epoch;
}

std::vector<std::string> World::names() const {
  std::vector<std::string> names;
  for (const auto& [name, process] : processes_) names.push_back(name);
  return names;
}

std::vector<std::string> World::rulers() const {
  std::vector<std::string> names;
  for (const auto& [name, process] : processes_) {
    if (process.running && process.claim->ruling() != ControllerEpoch()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> World::queue() const {
  const auto* node = tree.find(paths::kCandidates);
  std::vector<std::string> guids;
  for (const Candidate& one : queue_of({node->children.begin(), node->children.end()}, {})) guids.push_back(one.guid);
  return guids;
}

int64_t World::owner_of_controller() const {
  const auto* node = tree.find(paths::kController);
  return node ? node->stat.ephemeral_owner : 0;
}

std::string World::take_log() {
  return std::exchange(log_, {});
}

}  // namespace baton::election
