#include "tests/simulation/process.h"

#include "controller/messages/columns.h"
#include "controller/runtime/election_memory.h"

namespace baton::simulation {

void SimProcess::start(Machine& machine, node::NodeConfig config, std::unique_ptr<SimHost> host) {
  ++life_;
  paused_ = false;
  inbox_.clear();
  fatal_.reset();
  lease_until_ = {};
  config.agent.id = BrokerId(id_);
  config.agent.control_host = Network::host_of(id_);
  config.agent.control_port = 9000 + id_;
  config.agent.data_directory = {machine.data_directory, "boot" + std::to_string(machine.boot), machine.lock_inode, true};
  machine_ = &machine;
  if (!machine.promises.empty()) config.remembered = *node::from_file(machine.promises, "promises");
  host_ = std::move(host);
  config.agent.replicas = host_->replicas();
  host_->submit = [this](control::Request request) {
    soon(std::chrono::microseconds(20), [this, request = std::move(request)] { deliver(node::HostRequested{request}); });
  };
  host_->stopped = [this] { soon(std::chrono::microseconds(50), [this] { deliver(node::HostStopped{}); }); };
  node_ = std::make_unique<node::Node>(std::move(config), random_);
  world_.network.attach(
      id_, {[this] { return alive(); }, [this] { return incarnation_; }, [this](node::Event event) { deliver(std::move(event)); }});
  carry_out(node_->start(world_.scheduler.now()));
}

void SimProcess::kill() {
  if (!alive()) return;
  node_.reset();
  host_->killed();
  paused_ = false;
  inbox_.clear();
  lease_until_ = {};
  world_.store.forget(id_);
  world_.network.killed(id_);
}

void SimProcess::shut_down() {
  deliver(node::ShutdownRequested{});
}

void SimProcess::resume() {
  paused_ = false;
  std::deque<std::function<void()>> waiting = std::move(inbox_);
  inbox_.clear();
  for (auto& task : waiting) soon(std::chrono::microseconds(10), [this, task = std::move(task)] { run(task); });
}

void SimProcess::soon(Duration delay, std::function<void()> task) {
  world_.scheduler.after(delay, [this, life = life_, task = std::move(task)] {
    if (alive() && life == life_) task();
  });
}

void SimProcess::deliver(node::Event event) {
  run([this, event = std::move(event)] { handle(event); });
}

void SimProcess::run(std::function<void()> task) {
  if (!alive()) return;
  if (paused_) {
    inbox_.push_back(std::move(task));
  } else {
    task();
  }
}

void SimProcess::handle(const node::Event& event) {
  carry_out(node_->step(world_.scheduler.now(), event));
}

void SimProcess::carry_out(node::Effects effects) {
  for (node::Effect& effect : effects) carry_out_one(effect);
}

void SimProcess::carry_out_one(node::Effect& effect) {
  const Instant now = world_.scheduler.now();
  if (std::holds_alternative<node::OpenSession>(effect)) {
    const int life = life_;
    auto same = [this, life] { return alive() && life == life_; };
    world_.store.open(id_, {[this, same](store::StoreEvent event) {
                              if (same()) deliver(node::StoreHappened{std::move(event)});
                            },
                            [this, same](uint64_t call, store::Reply reply) {
                              if (same()) deliver(node::StoreReplied{call, std::move(reply)});
                            },
                            [this, same] { return same() && !paused_; }});
  } else if (std::holds_alternative<node::CloseSession>(effect)) {
    world_.store.close(id_);
  } else if (auto* call = std::get_if<node::StoreCall>(&effect)) {
    world_.store.submit(id_, call->call, std::move(call->request));
  } else if (auto* connect = std::get_if<node::Connect>(&effect)) {
    world_.network.connect(id_, connect->stream, connect->host);
  } else if (auto* send = std::get_if<node::Send>(&effect)) {
    world_.network.send(id_, send->stream, *send->frame);
  } else if (auto* close = std::get_if<node::Close>(&effect)) {
    world_.network.close(id_, close->stream);
  } else if (auto* watched = std::get_if<node::WatchedBy>(&effect)) {
    world_.network.watched_by(id_, *watched);
  } else if (auto* became = std::get_if<node::BecomeIncarnation>(&effect)) {
    const Incarnation former = incarnation_;
    incarnation_ = became->incarnation;
    if (!former.is_none()) world_.network.became(id_, former);
  } else if (auto* event = std::get_if<node::HostEvent>(&effect)) {
    control::spell_out(event->event);
    host_->event(now, event->event);
  } else if (auto* deadline = std::get_if<node::LeaseDeadline>(&effect)) {
    lease_until_ = deadline->until;
    host_->lease(deadline->until);
  } else if (auto* wake = std::get_if<node::WakeAt>(&effect)) {
    const uint64_t number = ++wake_number_;
    if (wake->at == Instant::never()) return;
    world_.scheduler.at(wake->at, [this, number, life = life_] {
      if (alive() && life == life_ && number == wake_number_) deliver(node::Woken{});
    });
  } else if (auto* keep = std::get_if<node::KeepElection>(&effect)) {
    soon(std::chrono::microseconds(300), [this, keep = std::move(*keep)] {
      machine_->promises = keep.bytes;
      deliver(node::ElectionKept{keep.number});
    });
  } else if (auto* fatal = std::get_if<node::Fatal>(&effect)) {
    fatal_ = fatal->message;
  } else if (std::holds_alternative<node::Ended>(effect)) {
    soon(std::chrono::microseconds(1), [this] { kill(); });
  }
}

}  // namespace baton::simulation
