// A store in memory and agents of several processes around it, with a transcript of what each told its host. Calls take
// effect at once; a test loses replies, expires sessions, pauses processes and plays the controller by hand.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "controller/agent/agent.h"
#include "controller/coordination/memory_tree.h"
#include "controller/coordination/paths.h"
#include "controller/messages/columns.h"

namespace baton::agent {

inline DataDirectory directory(uint8_t name, const std::string& boot_id = "boot-1", uint64_t inode = 77) {
  DataDirectory directory{Uuid{}, boot_id, inode, true};
  directory.id.bytes.fill(name);
  return directory;
}

inline Config config_of(int id, const DataDirectory& where) {
  Config config;
  config.id = BrokerId(id);
  config.endpoints = {{"PLAINTEXT", "127.0.0.1", 9092 + id}};
  config.control_host = "127.0.0.1";
  config.control_port = 7000 + id;
  config.data_directory = where;
  return config;
}

class World {
 public:
  store::MemoryTree tree;
  ManualClock clock;
  SeededRandom random{7};
  std::string cluster_id;
};

// One process: an agent, its session, its host. step() carries effects out until nothing is left to do.
class Process {
 public:
  Process(World& world, Config config) : world_(world), agent(std::move(config), world.random) { carry_out(agent.start()); }

  void open() {
    session = world_.tree.open_session([this](const store::WatchFired& fired) {
      if (!deaf) events_.push_back(node::StoreHappened{fired});
    });
    step(node::StoreHappened{store::SessionChanged{store::SessionState::kConnected, session, std::chrono::milliseconds(1000)}});
  }
  void suspend() { step(node::StoreHappened{store::SessionChanged{store::SessionState::kSuspended, session, {}}}); }
  void resume() {
    step(node::StoreHappened{store::SessionChanged{store::SessionState::kConnected, session, std::chrono::milliseconds(1000)}});
  }
  // The server ends the session; the process hears of it and opens another.
  void expire() {
    world_.tree.expire(session);
    step(node::StoreHappened{store::SessionChanged{store::SessionState::kExpired, session, {}}});
    open();
  }
  // kill -9: the session stays until the server expires it.
  void kill() { dead_ = true; }

  void step(const node::Event& event) {
    events_.push_back(event);
    run();
  }
  // Watches that another process's writes have fired.
  void run() {
    if (dead_ || paused) return;
    while (!events_.empty()) {
      const node::Event event = events_.front();
      events_.pop_front();
      carry_out(agent.step(world_.clock.now(), event));
    }
  }
  void pass(Duration time) {
    const Instant end = world_.clock.now() + time;
    while (agent.wake_at() <= end) {
      if (agent.wake_at() > world_.clock.now()) world_.clock.set(agent.wake_at());
      step(node::Woken{});
    }
    world_.clock.set(end);
    run();
  }
  void hear(const control::Frame& frame) { step(node::FrameReceived{stream, frame}); }

  control::Registration record() const {
    control::Registration record;
    const auto* node = world_.tree.find(paths::broker_epoch(agent_id()));
    if (node != nullptr) record.ParseFromString(node->data);
    return record;
  }
  BrokerId agent_id() const { return id_; }

  World& world_;
  Agent agent;
  store::SessionId session = 0;
  bool paused = false;
  bool deaf = false;                   // watches do not reach it
  bool host_stops = true;              // answers Event.stop at once
  std::vector<std::string> told;       // transcript of the host's events, Fatal and BecomeIncarnation
  std::vector<control::Event> events;  // the same, whole
  std::vector<control::Frame> sent;    // on control streams
  std::vector<node::Connect> connects;
  std::vector<node::StreamId> closes;
  std::vector<node::WatchedBy> watched_by;
  node::StreamId stream = 0;
  Instant lease;
  int calls = 0;
  // Decides what becomes of a call: deliver, or an outcome that nobody learns.
  enum class Fate { kDelivered, kLostBefore, kLostAfter };
  std::function<Fate(const store::Request&)> fate;

 private:
  void carry_out(const node::Effects& effects) {
    for (const node::Effect& effect : effects) {
      if (const auto* call = std::get_if<node::StoreCall>(&effect)) {
        perform(*call);
      } else if (const auto* connect = std::get_if<node::Connect>(&effect)) {
        connects.push_back(*connect);
        stream = connect->stream;
      } else if (const auto* send = std::get_if<node::Send>(&effect)) {
        sent.push_back(*send->frame);
      } else if (const auto* close = std::get_if<node::Close>(&effect)) {
        closes.push_back(close->stream);
      } else if (const auto* watched = std::get_if<node::WatchedBy>(&effect)) {
        watched_by.push_back(*watched);
      } else if (const auto* became = std::get_if<node::BecomeIncarnation>(&effect)) {
        id_ = became->id;
        told.push_back("become");
      } else if (const auto* fatal = std::get_if<node::Fatal>(&effect)) {
        told.push_back("fatal: " + fatal->message);
      } else if (const auto* deadline = std::get_if<node::LeaseDeadline>(&effect)) {
        lease = deadline->until;
        if (lease == Instant{0}) told.push_back("no lease");
      } else if (const auto* host = std::get_if<node::HostEvent>(&effect)) {
        tell(host->event);
      }
    }
  }

  void perform(const node::StoreCall& call) {
    ++calls;
    const Fate decided = fate ? fate(call.request) : Fate::kDelivered;
    store::Reply reply;
    if (decided != Fate::kLostBefore) reply = world_.tree.apply(session, call.request);
    if (decided != Fate::kDelivered) reply = store::Reply{store::StoreError::kConnectionLoss, {}, {}, {}, {}};
    events_.push_back(node::StoreReplied{call.call, reply});
  }

  void tell(control::Event event) {
    control::spell_out(event);
    events.push_back(event);
    if (event.has_registered()) told.push_back("registered");
    if (event.has_metadata()) told.push_back("metadata");
    if (event.has_roles()) told.push_back(describe(event.roles()));
    if (event.has_response()) told.push_back(fmt::format("response {} error {}", event.response().correlation(), event.response().error()));
    if (event.has_stop()) {
      told.push_back("stop");
      if (host_stops) {
        told.push_back("stopped");
        events_.push_back(node::HostStopped{});
      }
    }
  }

  static std::string describe(const control::Roles& roles) {
    std::string line = roles.complete() ? "all roles:" : "roles:";
    static constexpr const char* kKinds[] = {"lead", "follow", "stop", "delete"};
    for (const control::Role& role : roles.roles()) {
      line += fmt::format(" {} {}-{} epoch {}", kKinds[role.kind()], role.topic(), role.state().index(), role.state().leader_epoch());
    }
    return line;
  }

  std::deque<node::Event> events_;
  BrokerId id_;
  bool dead_ = false;
};

// The controller's writes, by hand: unfenced, for it is alone here.
class HandController {
 public:
  explicit HandController(World& world) : world_(world) {
    session_ = world.tree.open_session([](const store::WatchFired&) {});
  }

  void tombstone(BrokerId id, control::Registration::Life life = control::Registration::TOMBSTONE_SILENT) {
    control::Registration record;
    record.ParseFromString(world_.tree.find(paths::broker_epoch(id))->data);
    record.set_life(life);
    store::Multi multi;
    multi.ops.push_back(store::SetData{paths::broker_epoch(id), record.SerializeAsString(), StoreVersion()});
    if (world_.tree.find(paths::broker_id(id)) != nullptr) multi.ops.push_back(store::Delete{paths::broker_id(id), StoreVersion()});
    world_.tree.apply(session_, multi);
  }
  void mark_removed(BrokerId id, const std::string& incarnation, int epoch = 1) {
    control::RemovedMark mark;
    mark.set_incarnation(incarnation);
    mark.set_controller_epoch(epoch);
    write(paths::broker_removed(id), mark.SerializeAsString(), store::NodeKind::kPersistent);
  }
  void rule(BrokerId id, int epoch, int port = 7001) {
    SeededRandom random(static_cast<uint64_t>(epoch));
    const ControllerLocation location{id, ControllerEpoch(epoch), Incarnation(Uuid::random(random)), "127.0.0.1", port};
    write(paths::kController, to_json(location, 0), store::NodeKind::kPersistent);
  }
  void write(const std::string& path, const std::string& data, store::NodeKind kind) {
    if (world_.tree.find(path) != nullptr) {
      world_.tree.apply(session_, store::Multi{{store::SetData{path, data, StoreVersion()}}});
    } else {
      world_.tree.apply(session_, store::Multi{{store::Create{path, data, kind}}});
    }
  }

 private:
  World& world_;
  store::SessionId session_;
};

}  // namespace baton::agent
