#include "broker/broker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "base/logging.h"
#include "base/network/server.h"
#include "base/posix_file_system.h"
#include "base/random.h"
#include "broker/groups/hosting/group_service.h"
#include "broker/handlers/dispatch.h"
#include "broker/handlers/group_handlers.h"
#include "broker/handlers/producer_ids.h"
#include "broker/leaving.h"
#include "broker/machine.h"
#include "broker/metadata/manager_link.h"
#include "broker/metrics/serving/http_listener.h"
#include "broker/metrics/serving/scrape.h"
#include "broker/shards/shard_set.h"
#include "broker/supervision/notices.h"
#include "broker/supervision/pulse.h"
#include "broker/supervision/supervisor.h"
#include "controller/messages/control.pb.h"
#include "controller/plugin/properties.h"

namespace baton {
namespace {

constexpr Duration kLeavePoll = std::chrono::milliseconds(10);

network::ServerOptions server_options(const Settings& settings) {
  network::ServerOptions options;
  options.limits.frame_size_max = static_cast<size_t>(settings.integer("socket.request.max.bytes"));
  int64_t idle_ms = settings.integer("connections.max.idle.ms");
  options.limits.idle_max = idle_ms < 0 ? Duration(std::chrono::hours(24 * 365)) : Duration(std::chrono::milliseconds(idle_ms));
  options.connections_max = settings.int32("max.connections");
  options.connections_per_host_max = settings.int32("max.connections.per.ip");
  options.listen.backlog = settings.int32("socket.listen.backlog.size");
  options.listen.send_buffer_bytes = settings.int32("socket.send.buffer.bytes");
  options.listen.receive_buffer_bytes = settings.int32("socket.receive.buffer.bytes");
  return options;
}

std::string joined(const std::vector<ListenerAddress>& listeners) {
  std::string text;
  for (auto& each : listeners) text += (text.empty() ? "" : ",") + each.to_string();
  return text;
}

}  // namespace

struct Broker::Parts final : ManagerEvents {
  Parts(BrokerConfig given, supervision::Supervised* by)
      : config(std::move(given)),
        own_board(by == nullptr ? supervision::own_board() : nullptr),
        board(by == nullptr ? own_board.get() : &by->board),
        severed_fd(by == nullptr ? -1 : by->lifeline.severed_fd()) {}

  Status open_directory();
  Status open_logs();
  Status listen();
  Status serve_metrics();
  std::map<std::string, std::string> manager_properties();
  std::string described_replicas();
  control::Response ask(control::Request request, Duration timeout);
  void leave();

  void on_image(ImagePtr image) override {
    shards->publish(image);
    groups->on_image(image);
  }
  void on_roles(const control::Roles& roles) override { shards->apply(roles); }
  void on_yield(const control::Yield& wanted) override { shards->yield(wanted); }
  void on_change(const control::Delta& delta) override { supervision::note_candidates(*board, delta); }
  void on_registered(const control::Registered& registered) override {
    log::info("registered as broker {} with epoch {} in cluster {}", config.id.value(), registered.broker_epoch(), registered.cluster_id());
    // Before any role comes: nothing of a cluster is stored in a directory that does not name it.
    if (auto joined = store->join_cluster(registered.cluster_id()); !joined) return fatal(joined.error().message);
    supervision::note_registered(*board, config.id, registered);
    shards->registered(BrokerEpoch(registered.broker_epoch()));
  }
  void on_stop(const std::string& reason) override {
    log::warn("every role is stopped: {}", reason);
    shards->stop_roles([this] { link.stopped(); });
  }
  void on_fatal(const std::string& message) override { fatal(message); }
  void watch_threads();

  BrokerConfig config;
  supervision::BoardHandle own_board;  // where there is no supervisor
  supervision::Board* board;
  int severed_fd;
  SystemClock clock;
  SystemRandom random;
  PosixFileSystem files;
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<ReplicaStore> store;
  Function<void(std::string)> fatal = [](const std::string& message) {
    log::error("{}", message);
    ::kill(::getpid(), kFatalSignal);
  };
  // Stopped first and destroyed last: what it has asked the others may still lie in their queues.
  std::unique_ptr<metrics::HttpListener> metrics;
  std::unique_ptr<metrics::Scrape> scrape;
  ManagerLink link;
  std::unique_ptr<ShardSet> shards;
  std::unique_ptr<groups::GroupService> groups;
  HandlerTable handlers = all_handlers();
  std::vector<ProducerIds> producer_ids;
  std::vector<metrics::RequestCounters> requests;
  std::unique_ptr<Services> services;
  std::vector<std::unique_ptr<network::Server>> servers;
  std::unique_ptr<supervision::Pulse> pulse;
};

Status Broker::Parts::open_directory() {
  if (auto made = files.make_directory(config.log_directory); !made) return made;
  auto opened = DataDirectory::open(files, config.log_directory, {"", config.id}, boot_id(), random);
  if (!opened) return tl::unexpected(opened.error());
  directory = std::move(*opened);
  if (!directory->distrust().empty()) log::warn("replicas are not trusted until they have caught up: {}", directory->distrust());
  return {};
}

Status Broker::Parts::open_logs() {
  bool commit = config.settings.text("log.flush.policy") == "commit";
  auto opened = ReplicaStore::open(*directory, files, clock, commit ? Durability::kMachineCrash : Durability::kProcessCrash);
  if (!opened) return tl::unexpected(opened.error());
  store = std::move(*opened);
  shards = std::make_unique<ShardSet>(ShardContext{config, clock, link, *store, fatal});
  auto committed = [this](const TopicPartition& partition) -> Result<groups::CommittedRange> {
    auto& shard = shards->owner(partition);
    auto start = shard.offset_for_timestamp(partition, kEarliestTimestamp, LeaderEpoch());
    if (start.error != ErrorCode::kNone) return fail(start.error, start.message);
    auto end = shard.offset_for_timestamp(partition, kLatestTimestamp, LeaderEpoch());
    if (end.error != ErrorCode::kNone) return fail(end.error, end.message);
    return groups::CommittedRange{start.offset, end.offset};
  };
  groups = std::make_unique<groups::GroupService>(config.settings, *shards, committed, clock, shards->reactors());
  shards->add_listener(*groups);
  if (auto started = shards->start(); !started) return started;
  return directory->settle();
}

Status Broker::Parts::listen() {
  producer_ids = std::vector<ProducerIds>(shards->size());
  requests = std::vector<metrics::RequestCounters>(shards->size());
  services = std::make_unique<Services>(Services{config, *shards, *shards, link, *groups, clock, handlers, producer_ids, requests});
  for (auto& listener : config.listeners) {
    auto handle = [this, name = listener.name](const std::shared_ptr<network::Connection>& connection, network::Ticket ticket,
                                               network::Frame frame) {
      dispatch(*services, handlers, connection, ticket, std::move(frame), name, shards->here().number());
    };
    auto server = std::make_unique<network::Server>(shards->reactors(), server_options(config.settings), std::move(handle));
    auto bound = server->listen(listener.address);
    if (!bound) return tl::unexpected(bound.error());
    for (auto& each : config.advertised) {
      if (each.name == listener.name && each.address.port == 0) each.address.port = bound->port;
    }
    listener.address.port = bound->port;
    servers.push_back(std::move(server));
  }
  return {};
}

Status Broker::Parts::serve_metrics() {
  if (!config.metrics_listener) return {};
  std::map<int16_t, std::string> names;
  for (auto& [key, entry] : handlers.entries()) names[key] = entry.api.name;
  scrape = std::make_unique<metrics::Scrape>(*shards, link, requests, std::move(names));
  auto opened = metrics::HttpListener::open(*config.metrics_listener, [this](network::Reactor& home, metrics::HttpListener::Answer answer) {
    scrape->take(home, std::move(answer));
  });
  if (!opened) return tl::unexpected(opened.error());
  metrics = std::move(*opened);
  log::info("metrics are served at http://{}/metrics", metrics->address().to_string());
  return {};
}

// `<topic id>:<partition>:<last leader epoch>:<log end offset>:<clean|dirty>` of every replica, see plugin/properties.h.
std::string Broker::Parts::described_replicas() {
  std::string text;
  shards->on_each_and_wait([&](Shard& shard) {
    for (auto& [partition, hosted] : shard.hosted()) {
      auto& replica = hosted->replica;
      text += fmt::format("{}{}:{}:{}:{}:{}", text.empty() ? "" : ",", partition.topic.to_string(), partition.index.value(),
                          replica.last_record_epoch().value(), replica.log().end_offset(), replica.dirty() ? "dirty" : "clean");
    }
  });
  return text;
}

std::map<std::string, std::string> Broker::Parts::manager_properties() {
  auto& given = config.settings.given_properties();
  std::map<std::string, std::string> properties(given.begin(), given.end());
  properties["broker.id"] = std::to_string(config.id.value());
  properties["listeners"] = joined(config.listeners);
  properties["advertised.listeners"] = joined(config.advertised);
  properties[property::kDataDirectory] = directory->uuid().to_string();
  properties[property::kClusterId] = directory->cluster_id();
  properties[property::kBootId] = boot_id();
  properties[property::kLockInode] = std::to_string(directory->lock_inode());
  properties[property::kLocalFileSystem] = directory->is_local() ? "true" : "false";
  properties[property::kReplicas] = described_replicas();
  properties[property::kElectionDirectory] = config.log_directory;
  return properties;
}

Result<std::unique_ptr<Broker>> Broker::start(BrokerConfig config, supervision::Supervised* supervised) {
  auto parts = std::make_unique<Parts>(std::move(config), supervised);
  for (auto step : {&Parts::open_directory, &Parts::open_logs, &Parts::listen, &Parts::serve_metrics}) {
    if (auto done = (parts.get()->*step)(); !done) return tl::unexpected(done.error());
  }
  // Clients connect from here on; until the first image comes they are told that nothing is known.
  for (auto& server : parts->servers) server->start();
  auto opened = parts->link.open(parts->manager_properties(), *parts);
  if (!opened) return tl::unexpected(opened.error());
  parts->watch_threads();
  log::info("broker {} listens on {}, with {} shards, logs in {}", parts->config.id.value(), joined(parts->config.listeners),
            parts->shards->size(), parts->config.log_directory);
  return std::unique_ptr<Broker>(new Broker(std::move(parts)));
}

Broker::Broker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// Threads first, then what they use: a shard may be asking the manager for its lease while the manager closes.
Broker::~Broker() {
  parts_->pulse->end();
  if (parts_->metrics) parts_->metrics->stop();
  parts_->shards->stop();
  parts_->link.close();
  parts_->servers.clear();
}

// From within: a thread that hangs can be killed by the supervisor alone, but one that waits for the disk, and one that hangs where
// there is no supervisor, cost the broker its leaderships. The other shards give theirs up by their own word, at once; for the
// stalled one the broker falls silent, and others lead once its lease is over.
void Broker::Parts::watch_threads() {
  supervision::StallConfig stall;
  stall.timeout = std::chrono::milliseconds(config.settings.integer("leader.stall.timeout.ms"));
  supervision::Pulse::Host host;
  host.ask_manager = [this](Task alive) {
    control::Request request;
    request.mutable_sign_of_life();
    link.submit(std::move(request), [alive = std::move(alive)](const control::Response&) mutable { alive(); });
  };
  host.stalled = [this](bool stalled) {
    control::Request request;
    request.mutable_host_stalled()->set_stalled(stalled);
    link.submit(std::move(request), [](const control::Response&) {});
    if (stalled) shards->yield_roles();
  };
  pulse = std::make_unique<supervision::Pulse>(*board, stall, severed_fd, std::move(host));
  for (size_t i = 0; i < shards->size(); ++i) pulse->watch(shards->at(i).reactor(), fmt::format("shard-{}", i));
  pulse->begin();
}

std::optional<network::Address> Broker::metrics_address() const {
  return parts_->metrics ? std::optional(parts_->metrics->address()) : std::nullopt;
}

std::vector<ListenerAddress> Broker::listeners() const {
  return parts_->config.listeners;
}

control::Response Broker::Parts::ask(control::Request request, Duration timeout) {
  auto answered = std::make_shared<std::promise<control::Response>>();
  auto future = answered->get_future();
  link.submit(std::move(request), [answered](control::Response response) { answered->set_value(std::move(response)); });
  if (future.wait_for(timeout) == std::future_status::ready) return future.get();
  control::Response late;
  late.set_error(static_cast<int32_t>(ErrorCode::kRequestTimedOut));
  return late;
}

// R4.2: the controller gives us nothing new from here on; then our own word, for every leadership at once. Each successor is
// named as soon as it has caught up, until when we go on serving it.
void Broker::Parts::leave() {
  if (!config.settings.flag("controlled.shutdown.enable")) return;
  Leaving leaving(clock.now());
  while (clock.now() < leaving.until()) {
    control::Request request;
    request.mutable_controlled_shutdown();
    auto response = ask(std::move(request), std::chrono::seconds(1));
    if (response.has_controlled_shutdown()) {
      auto next = leaving.answered(clock.now(), response.controlled_shutdown().remaining());
      if (next == Leaving::Next::kGo) return;
      if (next == Leaving::Next::kYield) shards->yield_roles();
    }
    std::this_thread::sleep_for(kLeavePoll);
  }
  log::warn("leaderships could not be handed over in time");
}

void Broker::shut_down() {
  log::info("shutting down");
  parts_->pulse->end();
  parts_->leave();
  if (parts_->metrics) parts_->metrics->stop();
  std::promise<void> stopped;
  parts_->shards->stop_roles([&] { stopped.set_value(); });
  stopped.get_future().wait();
  parts_->link.stopped();
  for (auto& server : parts_->servers) server->stop();
  parts_->shards->on_each_and_wait([](Shard&) {});  // connections have ended
  parts_->shards->stop();
  // From here on this thread is the only one that could touch a log or ask the manager. The others are told first that this
  // broker is gone: their writes wait for a member of the ISR, and closing the logs may take the disk long.
  parts_->link.close();
  bool all_closed = true;
  for (size_t i = 0; i < parts_->shards->size(); ++i) all_closed = parts_->shards->at(i).close_logs() && all_closed;
  if (!all_closed) return log::warn("shut down, but not all logs could be closed: the next start looks through them");
  if (auto noted = parts_->directory->note_closed_in_order(); !noted) log::warn("{}", noted.error().message);
  log::info("shut down in good order");
}

}  // namespace baton
