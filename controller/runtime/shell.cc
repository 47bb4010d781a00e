#include "controller/runtime/shell.h"

#include <pthread.h>

#include <algorithm>

#include "base/logging.h"
#include "controller/election/catalog.h"
#include "controller/runtime/election_memory.h"
#include "controller/runtime/measurements.h"

namespace baton::node {

namespace {

std::string election_path(const ShellConfig& config) {
  return join_path(config.election_directory, election_file_name(config.node.election));
}

// What a former life of this candidate has promised its peers, if they are asked at all.
Status recall(ShellConfig& config) {
  const auto kind = election::find_elector(config.node.election);
  if (!kind) return tl::unexpected(kind.error());
  if (!config.node.candidate || !(*kind)->asks_peers) return {};
  PosixFileSystem files;
  const std::string path = election_path(config);
  const auto bytes = read_whole_file(files, path);
  if (!bytes && bytes.error().code == ErrorCode::kResourceNotFound) return {};
  if (!bytes) return tl::unexpected(bytes.error());
  auto memory = from_file(*bytes, path);
  if (!memory) return tl::unexpected(memory.error());
  std::vector<BrokerId> voters;
  for (const VoterAddress& voter : config.node.voters) voters.push_back(voter.id);
  if (Status sound = check_memory(*memory, config.node.election, voters, path); !sound) return sound;
  config.node.remembered = std::move(*memory);
  return {};
}

}  // namespace

Result<std::unique_ptr<Shell>> Shell::open(ShellConfig config, std::unique_ptr<store::Store> store, Host host) {
  if (Status recalled = recall(config); !recalled) return tl::unexpected(recalled.error());
  auto listener = network::listen_tcp(config.control_listener);
  if (!listener) return tl::unexpected(listener.error());
  return std::unique_ptr<Shell>(new Shell(std::move(config), std::move(store), std::move(host), std::move(*listener)));
}

Shell::Shell(ShellConfig config, std::unique_ptr<store::Store> store, Host host, network::Fd listener)
    : config_(std::move(config)), host_(std::move(host)), store_(std::move(store)) {
  const network::Address bound = network::local_address(listener.get());
  control_port_ = bound.port;
  agent::Config& agent = config_.node.agent;
  agent.control_host = config_.control_advertised_host.empty() ? config_.control_listener.host : config_.control_advertised_host;
  if (agent.control_host.empty()) agent.control_host = bound.host;
  agent.control_port = config_.control_advertised_port != 0 ? config_.control_advertised_port : bound.port;

  config_.node.wall_us = [this] { return clock_.wall_ms() * 1000; };
  node_ = std::make_unique<Node>(config_.node, random_);
  wake_ = std::make_unique<network::Timer>(reactor_);
  close_limit_ = std::make_unique<network::Timer>(reactor_);
  dialled_ = std::make_unique<DialledStreams>(reactor_, DialledStreams::Callbacks{[this](StreamId id) { feed(StreamConnected{id}); },
                                                                                  [this](StreamId id, control::Frame frame) {
                                                                                    feed(FrameReceived{id, std::move(frame)});
                                                                                  },
                                                                                  [this](StreamId id) { feed(StreamClosed{id}); }});
  watched_ = std::make_unique<Watched>(reactor_, network::Address{agent.control_host, agent.control_port});
  listener_ = std::make_unique<ControlListener>(reactor_, std::move(listener), config_.proof_of_death,
                                                ControlListener::Callbacks{[this](StreamId id, control::Frame frame) {
                                                                             feed(FrameReceived{id, std::move(frame)});
                                                                           },
                                                                           [this](StreamId id) { feed(StreamClosed{id}); },
                                                                           [this](BrokerId id, const Incarnation& incarnation) {
                                                                             feed(DeathProven{id, incarnation});
                                                                           }});
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-events");
    reactor_.post([this] { carry_out(node_->start(clock_.now())); });
    reactor_.run();
  });
}

Shell::~Shell() {
  close();
}

bool Shell::submit(control::Request request) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    open_requests_.insert(request.correlation());
  }
  reactor_.post([this, request = std::move(request)]() mutable { feed(HostRequested{std::move(request)}); });
  return true;
}

void Shell::stopped() {
  reactor_.post([this] { feed(HostStopped{}); });
}

// Effects may bring events about (a connection that breaks while it is written to): they wait their turn.
void Shell::feed(Event event) {
  if (finished_) return;
  events_.push_back(std::move(event));
  if (stepping_) return;
  stepping_ = true;
  while (!events_.empty() && !finished_) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    carry_out(node_->step(clock_.now(), next));
  }
  stepping_ = false;
}

void Shell::carry_out(Effects effects) {
  for (Effect& effect : effects) carry_out(effect);
  last_frame_.reset();
  last_bytes_ = {};
}

void Shell::carry_out(Effect& effect) {
  struct Visitor {
    Shell& shell;
    void operator()(const OpenSession&) const {
      shell.store_->open([&to = shell](store::StoreEvent event) {
        to.reactor_.post([&to, event = std::move(event)]() mutable { to.feed(StoreHappened{std::move(event)}); });
      });
    }
    void operator()(const CloseSession&) const { shell.store_->close(); }
    void operator()(StoreCall& call) const { shell.perform(std::move(call)); }
    void operator()(const Connect& wish) const { shell.dialled_->connect(wish); }
    void operator()(const Send& send) const {
      if (send.stream % 2 == 1) {
        shell.dialled_->send(send.stream, shell.bytes_of(send.frame));
      } else {
        shell.listener_->send(send.stream, shell.bytes_of(send.frame));
      }
    }
    void operator()(const Close& close) const {
      if (close.stream % 2 == 1) {
        shell.dialled_->close(close.stream);
      } else {
        shell.listener_->close(close.stream);
      }
    }
    void operator()(const WatchedBy& watched) const {
      if (shell.config_.proof_of_death) shell.watched_->watched_by(watched.peers);
    }
    void operator()(const BecomeIncarnation& became) const {
      shell.listener_->become({became.id, became.incarnation});
      shell.watched_->become({became.id, became.incarnation});
    }
    void operator()(HostEvent& host) const { shell.tell(std::move(host.event)); }
    void operator()(const LeaseDeadline& lease) const { shell.lease_deadline_ns_.store(lease.until.ns, std::memory_order_release); }
    void operator()(const WakeAt& wake) const { shell.wake_at(wake.at); }
    void operator()(KeepElection& wish) const { shell.keep_election(std::move(wish)); }
    void operator()(const Fatal& fatal) const {
      log::error("{}", fatal.message);
      shell.lease_deadline_ns_.store(0, std::memory_order_release);
      shell.host_.on_fatal(fatal.message);
    }
    void operator()(const Ended&) const { shell.finish(); }
  };
  std::visit(Visitor{*this}, effect);
}

const std::string& Shell::bytes_of(const std::shared_ptr<const control::Frame>& frame) {
  if (frame != last_frame_) {
    last_bytes_ = frame->SerializeAsString();
    last_frame_ = frame;
  }
  return last_bytes_;
}

void Shell::perform(StoreCall call) {
  store_->submit(std::move(call.request), [this, id = call.call, asked = clock_.now()](store::Reply reply) {
    reactor_.post([this, id, asked, came = clock_.now(), reply = std::move(reply)]() mutable {
      const Instant now = clock_.now();
      store_latency_.note(now, came - asked);
      queue_latency_.note(now, now - came);
      feed(StoreReplied{id, std::move(reply)});
    });
  });
}

void Shell::add_measurements(control::Measurements& measurements) const {
  const Instant now = clock_.now();
  measure(measurements, "kafka_controller_controllereventmanager_eventqueuesize", static_cast<double>(events_.size()));
  measure(measurements, "kafka_controller_controllereventmanager_eventqueuetimems", now, queue_latency_);
  measure(measurements, "kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms", now, store_latency_);
}

void Shell::tell(control::Event event) {
  if (event.response().has_measurements()) add_measurements(*event.mutable_response()->mutable_measurements());
  if (event.has_response()) {
    const std::lock_guard lock(mutex_);
    const auto asked = open_requests_.find(event.response().correlation());
    if (asked == open_requests_.end()) return;  // close() has answered it
    open_requests_.erase(asked);
  }
  host_.on_event(event);
}

void Shell::wake_at(Instant at) {
  if (at == Instant::never()) return wake_->cancel();
  const Duration after = std::max(Duration::zero(), at - clock_.now());
  wake_->start(after, [this, at] {
    if (clock_.now() < at) return wake_at(at);  // timers run on another clock than instants
    feed(Woken{});
  });
}

void Shell::keep_election(KeepElection wish) {
  if (!promises_) {
    promises_ = std::make_unique<FileKeeper>(files_, election_path(config_), [this](uint64_t number, Status written) {
      reactor_.post([this, number, written = std::move(written)] {
        if (written) return feed(ElectionKept{number});
        // What it has promised is not known any more: it must not go on as if it were.
        Effect end = Fatal{"this candidate can not keep what it promises to others: " + written.error().message};
        carry_out(end);
      });
    });
  }
  promises_->keep(wish.number, std::move(wish.bytes));
}

void Shell::finish() {
  finished_ = true;
  lease_deadline_ns_.store(0, std::memory_order_release);
  reactor_.stop();
}

void Shell::close() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  reactor_.post([this] {
    close_limit_->start(config_.close_timeout, [this] { finish(); });
    feed(ShutdownRequested{});
  });
  thread_.join();
  answer_what_is_open();
  // The session first, so that the store does not have to find out; then the listener, then what others watch: whoever
  // sees the end of a watch connection and tries to connect must find nobody.
  promises_.reset();
  store_->close();
  store_.reset();
  listener_.reset();
  watched_.reset();
  dialled_.reset();
}

void Shell::answer_what_is_open() {
  std::multiset<uint64_t> open;
  {
    const std::lock_guard lock(mutex_);
    open.swap(open_requests_);
  }
  for (const uint64_t correlation : open) {
    control::Event event;
    event.mutable_response()->set_correlation(correlation);
    event.mutable_response()->set_error(static_cast<int32_t>(ErrorCode::kNotController));
    event.mutable_response()->set_message("the manager is closed");
    host_.on_event(event);
  }
}

}  // namespace baton::node
