#include "drills/lab/simulation.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "controller/coordination/paths.h"
#include "drills/lab/node.h"

namespace baton::lab {

Simulation::Simulation(Conditions setup) : setup_(std::move(setup)), kind_(nullptr), random_(setup_.seed) {
  const auto found = election::find_elector(setup_.elector, electors());
  BATON_ASSERT(found);
  kind_ = *found;
  const auto founder = tree_.open_session([](const store::WatchFired&) {});
  const auto made = tree_.apply(
      founder, store::Multi{{store::Create{paths::kElection, ""}, store::Create{paths::kCandidates, ""}, store::Create{"/written", ""}}});
  BATON_ASSERT(made.ok());
  tally_.handled.resize(static_cast<size_t>(setup_.nodes) + 1);
  tally_.led.resize(static_cast<size_t>(setup_.nodes) + 1);
  for (int id = 0; id <= setup_.nodes; ++id) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->id = id;
  }
}

Simulation::~Simulation() = default;

void Simulation::start_all() {
  for (int id = 1; id <= setup_.nodes; ++id) start(id);
}

void Simulation::start(int id) {
  Node& node = at(id);
  if (node.alive) return;
  ++node.life;
  node.alive = true;
  node.paused = false;
  node.session = 0;
  node.guid = std::to_string(id) + "." + std::to_string(node.life);
  node.random = std::make_unique<SeededRandom>(setup_.seed * 1000003 + static_cast<uint64_t>(id) * 7919 + node.life);
  election::ElectorSetup made;
  made.self = BrokerId(id);
  made.guid = node.guid;
  made.timing = setup_.timing;
  made.random = node.random.get();
  made.state = node.durable;
  made.first_call = 1;
  for (int place = 0; place < setup_.nodes; ++place) {
    const int voter = setup_.order.empty() ? place + 1 : setup_.order[static_cast<size_t>(place)];
    const auto priority = setup_.priorities.find(voter);
    made.voters.push_back({BrokerId(voter), priority == setup_.priorities.end() ? 0 : priority->second});
  }
  node.elector = kind_->make(made);
  if (setup_.claim) {
    election::ClaimOptions options;
    options.first_call = uint64_t{1} << 56;
    options.time_out = setup_.timing.suspect * 2;
    options.retry_min = setup_.timing.answer;
    options.retry_max = setup_.timing.answer * 4;
    options.backoff = setup_.timing.suspect * 2;
    options.controller_json = [id](ControllerEpoch) { return std::to_string(id); };
    node.claim = std::make_unique<election::Claim>(std::move(options));
  }
  note("starts", id);
  schedule(now_, id, OpenSession{});
}

void Simulation::crash(int id) {
  Node& node = at(id);
  if (!node.alive) return;
  account();
  note("crashes", id);
  believe(node, false);
  node.alive = node.paused = node.nominated = false;
  ++node.life;
  node.elector.reset();
  node.claim.reset();
  node.backlog.clear();
  node.held.clear();
  node.planned = Instant::never();
  out_of_contact(node);
}

void Simulation::pause(int id) {
  Node& node = at(id);
  if (!node.acts()) return;
  account();
  note("is stopped", id);
  node.paused = true;
  out_of_contact(node);
}

void Simulation::resume(int id) {
  Node& node = at(id);
  if (!node.paused) return;
  account();
  note("goes on", id);
  node.paused = node.looked = false;
  if (!node.cut_off) ++node.silence;
  if (!node.cut_off && node.session != 0 && !tree_.alive(node.session)) {
    node.backlog.push_back(Tell{store::StoreEvent(store::SessionChanged{store::SessionState::kExpired, node.session, {}})});
  }
  for (What& what : std::exchange(node.backlog, {})) schedule(now_, id, std::move(what));
  schedule(now_, id, Wake{});
}

void Simulation::cut_from_store(int id) {
  Node& node = at(id);
  if (node.cut_off) return;
  note("is cut off from the store", id);
  node.cut_off = true;
  out_of_contact(node);
  if (node.alive && node.session != 0) {
    schedule(now_ + setup_.session_timeout / 3, id,
             Tell{store::StoreEvent(store::SessionChanged{store::SessionState::kSuspended, node.session, {}})});
  }
}

void Simulation::mend_to_store(int id) {
  Node& node = at(id);
  if (!node.cut_off) return;
  note("reaches the store again", id);
  node.cut_off = false;
  if (node.acts()) ++node.silence;
  if (!node.alive) return;
  if (node.session == 0) return schedule(now_, id, OpenSession{});
  const bool lives = tree_.alive(node.session);
  tell(node, store::StoreEvent(store::SessionChanged{lives ? store::SessionState::kConnected : store::SessionState::kExpired, node.session,
                                                     setup_.session_timeout}));
  for (const store::WatchFired& fired : std::exchange(node.held, {})) {
    if (lives) tell(node, store::StoreEvent(fired));
  }
}

// The server hears nothing from now on; unless that ends in time, it ends the session.
void Simulation::out_of_contact(Node& node) {
  ++node.silence;
  if (node.session == 0) return;
  events_.push({now_ + setup_.session_timeout, ++order_, node.id, 0, SessionDue{node.session, node.silence}});
}

void Simulation::partition(const std::vector<std::vector<int>>& groups) {
  std::map<int, size_t> group_of;
  for (size_t group = 0; group < groups.size(); ++group) {
    for (int node : groups[group]) group_of[node] = group;
  }
  for (const auto& [from, group] : group_of) {
    for (const auto& [to, other] : group_of) {
      if (group == other) continue;
      if (from != 0 && to != 0) cut(from, to);
      if (to == 0) cut_from_store(from);
    }
  }
}

void Simulation::heal() {
  cuts_.clear();
  loss_ = 0;
  for (int id = 1; id <= setup_.nodes; ++id) {
    mend_to_store(id);
    resume(id);
    start(id);
  }
}

void Simulation::note(const std::string& what, int node) {
  if (!setup_.trace) return;
  trace_.push_back({TraceEvent::Kind::kFault, now_, now_, node, node, what, "", election::MessageKind::kElection});
}

void Simulation::give(int node, const election::ElectorEvent& event) {
  if (at(node).acts()) step(at(node), event);
}

void Simulation::schedule(Instant when, int node, What what) {
  events_.push({when, ++order_, node, at(node).life, std::move(what)});
}

void Simulation::run_for(Duration time) {
  const Instant end = now_ + time;
  run_until([] { return false; }, time);
  now_ = end;
}

bool Simulation::run_until(const std::function<bool()>& done, Duration limit) {
  const Instant end = now_ + limit;
  while (!done()) {
    if (events_.empty() || events_.top().at > end) {
      now_ = end;
      return false;
    }
    Event event = std::move(const_cast<Event&>(events_.top()));  // NOLINT(cppcoreguidelines-pro-type-const-cast): popped next
    events_.pop();
    now_ = std::max(now_, event.at);
    happen(event);
  }
  return true;
}

void Simulation::happen(Event& event) {
  Node& node = at(event.node);
  if (auto* due = std::get_if<SessionDue>(&event.what)) return on(node, *due);
  // A call or a write that has left arrives, whatever became of its sender.
  const bool left = std::holds_alternative<StoreArrives>(event.what);
  if (!left && (!node.alive || node.life != event.life)) return;
  if (!left && node.paused) {
    node.backlog.push_back(std::move(event.what));
    return;
  }
  std::visit([&](auto& what) { on(node, what); }, event.what);
}

void Simulation::account() {
  const Duration passed = now_ - accounted_;
  accounted_ = now_;
  int believers = 0;
  for (int id = 1; id <= setup_.nodes; ++id) {
    if (!at(id).believes || !at(id).acts()) continue;
    ++believers;
    tally_.led[static_cast<size_t>(id)] += passed;
  }
  if (believers == 0) tally_.leaderless_time += passed;
  if (believers > 1) tally_.double_time += passed;
}

const Tally& Simulation::tally() {
  account();
  return tally_;
}

bool Simulation::alive(int node) const {
  return at(node).alive;
}
bool Simulation::paused(int node) const {
  return at(node).paused;
}
bool Simulation::nominated(int node) const {
  return at(node).alive && at(node).nominated;
}
bool Simulation::believes(int node) const {
  return at(node).acts() && at(node).believes;
}
std::string Simulation::guid(int node) const {
  return at(node).guid;
}

std::vector<int> Simulation::believers() const {
  std::vector<int> found;
  for (int id = 1; id <= setup_.nodes; ++id) {
    if (believes(id)) found.push_back(id);
  }
  return found;
}

std::vector<int> Simulation::nominees() const {
  std::vector<int> found;
  for (int id = 1; id <= setup_.nodes; ++id) {
    if (nominated(id)) found.push_back(id);
  }
  return found;
}

std::vector<std::string> Simulation::take_transfers(int node) {
  return std::exchange(at(node).transfers, {});
}

}  // namespace baton::lab
