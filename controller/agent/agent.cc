#include "controller/agent/agent.h"

#include <algorithm>

#include "base/mutants.h"
#include "controller/agent/status.h"
#include "controller/agent/whole.h"

namespace baton::agent {

Agent::Agent(Config config, Random& random)
    : config_(std::move(config)),
      registration_(config_, calls_, random),
      lease_(config_, calls_),
      controller_watch_(calls_),
      stream_(config_),
      requests_(config_),
      image_(config_.metadata_version),
      roles_(config_.id, config_.replicas) {}

node::Effects Agent::start() {
  return {node::BecomeIncarnation{config_.id, incarnation()}};
}

node::Effects Agent::step(Instant now, const node::Event& event) {
  node::Effects out;
  std::visit([&](const auto& happened) { on(now, happened, out); }, event);
  settle(now, out);
  return out;
}

void Agent::on(Instant now, const node::StoreReplied& event, node::Effects& out) {
  if (!Calls::owns(event.call)) return;
  if (registration_.replied(now, event, out)) return;
  std::optional<ControllerLocation> location;
  if (controller_watch_.replied(now, event, location)) {
    stream_.set_location(now, location, out);
    return;
  }
  if (lease_.replied(now, event, out) == Lease::Outcome::kLost) {
    registration_.lost("the registration of this broker was removed by the controller, or taken over", out);
  }
}

void Agent::on(Instant now, const node::StoreHappened& event, node::Effects& out) {
  if (const auto* change = std::get_if<store::SessionChanged>(&event.event)) {
    registration_.session_changed(now, *change, out);
    controller_watch_.session_changed(*change, out);
  } else if (const auto* fired = std::get_if<store::WatchFired>(&event.event)) {
    registration_.watch_fired(now, *fired, out);
    controller_watch_.watch_fired(*fired, out);
  }
}

void Agent::on(Instant now, const node::StreamConnected& event, node::Effects& out) {
  if (!stream_.owns(event.stream)) return;
  if (stream_.connected(now).what == Stream::Heard::What::kGreet) stream_.greet(hello(), out);
}

void Agent::on(Instant now, const node::FrameReceived& event, node::Effects& out) {
  if (!stream_.owns(event.stream)) return;
  const Stream::Heard heard = stream_.received(now, event.frame, out);
  switch (heard.what) {
    case Stream::Heard::What::kDelta:
      applied(now, event.frame.delta(), out);
      break;
    case Stream::Heard::What::kResponse:
      requests_.answered(event.frame.response(), stream_.highest_epoch(), out);
      break;
    case Stream::Heard::What::kYield: {
      control::Event event_of_host;
      *event_of_host.mutable_yield() = event.frame.yield();
      out.push_back(node::HostEvent{std::move(event_of_host)});
      break;
    }
    case Stream::Heard::What::kStaleBrokerEpoch:
      registration_.recheck(now, out);
      break;
    case Stream::Heard::What::kWrongCluster:
      registration_.fail_with("the controller belongs to another cluster: " + heard.message, out);
      break;
    case Stream::Heard::What::kOutdated:
      outdated(heard.message, out);
      break;
    default:
      break;
  }
}

void Agent::outdated(std::string why, node::Effects& out) {
  if (!registration_.failed()) registration_.fail_with(std::move(why), out);
}

void Agent::on(Instant now, const node::StreamClosed& event, node::Effects&) {
  if (stream_.owns(event.stream)) stream_.closed(now);
}

void Agent::on(Instant now, const node::HostStopped&, node::Effects& out) {
  registration_.host_stopped(now, out);
}

void Agent::on(Instant now, const node::Woken&, node::Effects& out) {
  registration_.woken(now, out);
  lease_.woken(now, registration_.connected() && !stalled_, out);
  controller_watch_.woken(now, out);
  stream_.woken(now, out);
  requests_.woken(now, out);
}

void Agent::on(Instant now, const node::HostRequested& event, node::Effects& out) {
  const control::Request& request = event.request;
  if (request.has_stopped_leading()) {
    say_stopped(request, out);
  } else if (request.has_host_stalled()) {
    stalled_ = request.host_stalled().stalled();
    out.push_back(answer(request.correlation(), ErrorCode::kNone, {}));
  } else if (request.has_query_status()) {
    control::Event answer;
    answer.mutable_response()->set_correlation(request.correlation());
    fill(now, request.query_status().summary(), *answer.mutable_response()->mutable_status());
    out.push_back(node::HostEvent{std::move(answer)});
  } else {
    leaving_ |= request.has_controlled_shutdown();
    requests_.submit(now, request, stream_.following(), out);
  }
}

// The agent takes the word over: it is repeated until a controller answers it by the image, so the host is answered now.
void Agent::say_stopped(const control::Request& request, node::Effects& out) {
  words_.add(request.stopped_leading());
  for (const control::Stopped& word : request.stopped_leading().partitions()) {
    if (word.dirty()) roles_.refused(word);
  }
  words_.settle(image_);
  if (stream_.following() != 0) {
    control::Frame frame;
    *frame.mutable_request() = request;
    frame.mutable_request()->set_broker_id(config_.id.value());
    if (registered()) frame.mutable_request()->set_broker_epoch(registered()->epoch.value());
    out.push_back(node::Send{stream_.following(), std::move(frame)});
  }
  out.push_back(answer(request.correlation(), ErrorCode::kNone, {}));
}

void Agent::applied(Instant now, const control::Delta& delta, node::Effects& out) {
  if (Status status = image_.apply(delta); !status) {
    stream_.resync(now, out);
    if (delta.metadata_version() > config_.metadata_version) outdated(status.error().message, out);
    return;
  }
  leader_history_.add(delta);
  if (!config_.broker) return tell_candidates(delta, out);
  control::Event event;
  *event.mutable_metadata() = delta.kept_pages().empty() ? delta : whole(image_, delta);
  out.push_back(node::HostEvent{std::move(event)});
  tell_roles(&delta, out);
  words_.settle(image_);
  const control::Broker* own = image_.find(config_.id);
  if (own != nullptr && registered() && own->incarnation() == registered()->incarnation.raw() && !own->live()) {
    registration_.recheck(now, out);  // the controller says that we are dead: the store knows
  }
}

// The host of a controller that is no broker wants nothing of the image but who else could grant its death.
void Agent::tell_candidates(const control::Delta& delta, node::Effects& out) {
  if (!delta.has_candidates()) return;
  control::Event event;
  control::Delta& told = *event.mutable_metadata();
  told.set_controller_epoch(delta.controller_epoch());
  told.set_controller_id(delta.controller_id());
  told.set_offset(delta.offset());
  told.set_has_candidates(true);
  *told.mutable_candidates() = delta.candidates();
  out.push_back(node::HostEvent{std::move(event)});
}

void Agent::tell_roles(const control::Delta* delta, node::Effects& out) {
  const bool allowed = registered() && registration_.ready() && image_.controller_epoch() >= registration_.floor();
  if (auto roles = roles_.derive(image_, incarnation(), allowed, delta)) {
    control::Event event;
    *event.mutable_roles() = std::move(*roles);
    out.push_back(node::HostEvent{std::move(event)});
  }
}

void Agent::settle(Instant now, node::Effects& out) {
  if (const auto& registered = registration_.current()) {
    if (!was_registered_) requests_.set_broker_epoch(registered->epoch);
    lease_.hold(now, registered->version, registration_.connected() && !stalled_, out);
  } else if (was_registered_) {
    lease_.drop();
    roles_.forget();
    words_.clear();
  }
  was_registered_ = registration_.current().has_value();
  const bool observes = !config_.broker && !cluster_id().empty() && !registration_.failed();
  stream_.set_registered(now, (was_registered_ && !stalled_) || observes, out);

  if (registration_.ready() && !was_ready_) {
    stream_.raise(now, registration_.floor(), out);
    tell_roles(nullptr, out);
  }
  was_ready_ = registration_.ready();

  if (followed_ != stream_.following()) {
    if (followed_ != 0) requests_.broken(out);
    followed_ = stream_.following();
    requests_.set_highest_controller_epoch(stream_.highest_epoch());
    if (followed_ != 0) requests_.flush(followed_, out);
  }
  if (auto watched_by = watch_set_.derive(image_, stream_.location(), incarnation())) out.push_back(std::move(*watched_by));
}

// R9. By runs only where whoever rules can read them: the level never falls.
void Agent::vouch(control::StreamHello& hello) const {
  const int32_t level = std::max(image_.metadata_version(), registration_.metadata_version());
  const bool by_runs = level >= kMetadataColumns || BATON_MUTANT(forms_above_the_level);
  control::VouchedRuns* runs = nullptr;
  roles_.clean().each_run([&](const TopicId& topic, int32_t first, int32_t count) {
    if (!by_runs) {
      for (int32_t index = first; index < first + count; ++index) {
        control::ReplicaEnd& replica = *hello.add_replicas();
        replica.set_topic_id(std::string(topic.raw()));
        replica.set_partition(index);
      }
      return;
    }
    if (runs == nullptr || runs->topic_id() != topic.raw()) {
      runs = hello.add_vouched();
      runs->set_topic_id(std::string(topic.raw()));
    }
    runs->add_runs(first);
    runs->add_runs(count);
  });
}

control::StreamHello Agent::hello() const {
  control::StreamHello hello;
  hello.set_broker_id(config_.id.value());
  hello.set_incarnation(std::string(incarnation().raw()));
  if (registered()) hello.set_broker_epoch(registered()->epoch.value());
  hello.set_cluster_id(cluster_id());
  hello.set_observer(!config_.broker);
  hello.set_leaving(leaving_);
  hello.set_metadata_version(config_.metadata_version);
  for (const auto& [page, known] : image_.pages()) {
    control::PageVersion* version = hello.add_pages();
    version->set_page(page);
    version->set_mzxid(known.mzxid);
  }
  vouch(hello);
  for (const auto& [key, replica] : roles_.dirty()) *hello.add_replicas() = replica;
  for (const auto& [key, word] : words_.words()) *hello.add_stopped() = word;
  return hello;
}

void Agent::fill(Instant now, bool summary, control::Status& status) const {
  describe(image_, summary, status);
  if (status.cluster_id().empty()) status.set_cluster_id(cluster_id());
  status.set_node_id(config_.id.value());
  const int64_t remaining_ns = (lease_.until() - now).count();
  status.set_lease_remaining_ms(remaining_ns > 0 ? remaining_ns / 1'000'000 : 0);
  const auto count = [&](const char* name, int64_t value) {
    control::Counter* counter = status.add_counters();
    counter->set_name(name);
    counter->set_value(value);
  };
  count("lease_renewals", lease_.renewals());
  count("refused_stale_controller", stream_.refused_stale());
}

Health Agent::health(Instant now) const {
  const Duration remaining = std::max(Duration::zero(), lease_.until() - now);
  return {registration_.connected(), stream_.following() != 0, remaining, lease_.renewals(), stream_.refused_stale()};
}

Instant Agent::wake_at() const {
  return std::min({registration_.wake_at(), lease_.wake_at(), controller_watch_.wake_at(), stream_.wake_at(), requests_.wake_at()});
}

}  // namespace baton::agent
