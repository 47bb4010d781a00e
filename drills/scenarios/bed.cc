#include "drills/scenarios/bed.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/client/control_client.h"
#include "cli/client/kafka_client.h"
#include "cli/client/topic_admin.h"

namespace baton::drills {
namespace {

constexpr uint64_t kAcksBeforeFault = 300;
constexpr std::chrono::seconds kPatience{60};

}  // namespace

bool wait_for(std::chrono::milliseconds at_most, const std::function<bool()>& condition) {
  auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

double ms_between(Instant from, int64_t to_ns) {
  return static_cast<double>(to_ns - from.ns) / 1e6;
}

Place Place::of(const cluster::Cluster& cluster) {
  return {cluster.description().bootstrap(), [&cluster] { return cluster.state(std::chrono::milliseconds(300)); }};
}

Bed::Bed(Place place, std::string topic, std::vector<int> replicas)
    : place_(std::move(place)), topic_(std::move(topic)), replicas_(std::move(replicas)) {}

Bed::~Bed() {
  if (probe_) probe_->stop();
  if (load_) load_->stop();
  if (follower_) follower_->stop();
  if (created_) (void)client::delete_topic(place_.bootstrap, topic_, client::after(std::chrono::seconds(10)));
}

cluster::PartitionState Bed::partition() const {
  cluster::ClusterState state = place_.state();
  const cluster::PartitionState* found = state.partition(topic_, 0);
  return found ? *found : cluster::PartitionState{};
}

bool Bed::isr_full() const {
  cluster::PartitionState now = partition();
  return now.leader >= 0 && !now.replicas.empty() && now.isr.size() == now.replicas.size();
}

Status Bed::prepare(const Clients& clients) {
  client::NewTopic topic;
  topic.name = topic_;
  topic.assignment = {replicas_};
  if (Status created = client::create_topic(place_.bootstrap, topic, client::after(std::chrono::seconds(20))); !created) return created;
  created_ = true;
  if (!wait_for(kPatience, [this] { return isr_full(); }))
    return fail(ErrorCode::kRequestTimedOut, "the ISR of " + topic_ + " does not become full");
  ProbeOptions options;
  options.bootstrap = *client::KafkaClient::parse_bootstrap(place_.bootstrap);
  options.topic = topic_;
  options.interval_us = clients.interval.count();
  options.name = "raw";
  probe_ = std::make_unique<RawProbe>(options);
  load_ = std::make_unique<KafkaLoad>(place_.bootstrap, topic_, "librdkafka", clients.producer_settings, clients.interval);
  follower_ = std::make_unique<Follower>(place_.bootstrap, topic_);
  if (Status started = follower_->start(); !started) return started;
  if (Status started = load_->start(); !started) return started;
  probe_->start();
  bool at_work = wait_for(kPatience, [this] {
    return probe_->acknowledged() >= kAcksBeforeFault && load_->acknowledged() >= kAcksBeforeFault &&
           follower_->count() >= kAcksBeforeFault;
  });
  if (at_work) return {};
  return fail(ErrorCode::kRequestTimedOut,
              fmt::format("the clients do not get to work: {} acknowledgements (raw), {} (librdkafka), {} records consumed",
                          probe_->acknowledged(), load_->acknowledged(), follower_->count()));
}

Status Bed::settle(Round& round) {
  probe_->stop();
  load_->stop();
  ledger_.keeps_order(load_->name());
  for (const Outcome& outcome : probe_->outcomes()) {
    if (outcome.error == 0) ledger_.acknowledged("raw", outcome.sequence, outcome.offset);
  }
  for (const Delivery& delivery : load_->deliveries()) {
    if (delivery.acknowledged) ledger_.acknowledged(load_->name(), delivery.sequence, delivery.offset);
  }
  Result<std::map<int64_t, std::string>> back = read_all(place_.bootstrap, topic_, kPatience);
  if (!back) return tl::unexpected(back.error());
  // The consumer that ran along gets the time to see the end too.
  wait_for(std::chrono::seconds(5), [&] { return follower_->count() >= back->size(); });
  follower_->stop();
  for (const auto& [offset, value] : follower_->seen()) ledger_.seen(offset, value);
  for (const auto& [offset, value] : *back) ledger_.read_back(offset, value);
  round.findings = ledger_.findings();
  uint64_t failed = 0;
  for (const Delivery& delivery : load_->deliveries()) failed += !delivery.acknowledged;
  round.figures["librdkafka records never acknowledged"] = static_cast<double>(failed);
  return {};
}

std::vector<int> Cast::brokers() const {
  std::vector<int> all = others;
  if (!controller_alone) all.push_back(controller);
  return all;
}

Result<Cast> Cast::of(const cluster::Cluster& cluster) {
  cluster::ClusterState state = cluster.state();
  Cast cast;
  cast.controller = state.controller_id;
  for (const cluster::BrokerState& broker : state.brokers) {
    if (broker.state == "live" && broker.id != state.controller_id) cast.others.push_back(broker.id);
  }
  if (cast.controller < 0) return fail(ErrorCode::kNotController, "the cluster has no controller: see `baton status`");
  cast.controller_alone =
      std::none_of(state.brokers.begin(), state.brokers.end(), [&](const auto& broker) { return broker.id == cast.controller; });
  if (cast.brokers().size() < 3) return fail(ErrorCode::kInvalidRequest, "a drill needs three live brokers: see `baton status`");
  return cast;
}

namespace {

// Where the controller hangs, the standby with the lowest id gives the leave. Who rules afterwards is for the election to say.
std::optional<double> leave_given(const cluster::Cluster& cluster, int broker, Instant fault) {
  for (const cluster::BrokerEntry* entry : cluster.description().processes()) {
    if (!cluster::alive(entry->process)) continue;
    auto answer = client::query_status({"127.0.0.1", entry->control_port}, client::after(std::chrono::seconds(1)));
    if (!answer) continue;
    for (const control::FailoverStage& stage : answer->recent()) {
      if (stage.broker_id() == broker && stage.boottime_ns() >= fault.ns && stage.stage() == "kill_granted")
        return ms_between(fault, stage.boottime_ns());
    }
  }
  return std::nullopt;
}

}  // namespace

void add_stages(Round& round, const cluster::Cluster& cluster, int broker, Instant fault) {
  static const std::map<std::string, std::string> kNames = {{"kill_granted", "leave to kill it given"},
                                                            {"reported_by_supervisor", "death reported by its supervisor"},
                                                            {"detected", "death detected"},
                                                            {"tombstone_confirmed", "tombstone confirmed"},
                                                            {"pages_confirmed", "new leaders confirmed"},
                                                            {"pushed", "pushed to the brokers"},
                                                            {"applied", "applied by"},
                                                            {"removed_confirmed", "removal recorded"}};
  std::optional<control::Status> answer = cluster.ask();
  if (!answer) return;
  std::set<std::string> told;
  for (const control::FailoverStage& stage : answer->recent()) {
    if (stage.broker_id() != broker || stage.boottime_ns() < fault.ns || !told.insert(stage.stage()).second) continue;
    double at_ms = ms_between(fault, stage.boottime_ns());
    auto name = kNames.find(stage.stage());
    std::string what = name == kNames.end() ? stage.stage() : name->second;
    if (stage.stage() == "detected") {
      round.detected_by = stage.detail();
      what += " by " + stage.detail();
      round.figures["detected, ms"] = at_ms;
    }
    if (stage.stage() == "applied") what += " " + stage.detail() + " brokers";
    round.timeline.push_back({what, at_ms});
  }
  if (told.contains("kill_granted")) return;
  if (auto at_ms = leave_given(cluster, broker, fault)) round.timeline.push_back({kNames.at("kill_granted"), *at_ms});
}

void sort_timeline(Round& round) {
  std::stable_sort(round.timeline.begin(), round.timeline.end(), [](const Moment& a, const Moment& b) { return a.at_ms < b.at_ms; });
}

}  // namespace baton::drills
