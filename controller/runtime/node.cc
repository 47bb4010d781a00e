#include <algorithm>

#include "base/logging.h"
#include "controller/coordination/layout.h"
#include "controller/runtime/election_report.h"
#include "controller/runtime/measurements.h"
#include "controller/runtime/node_answers.h"
#include "controller/runtime/node_parts.h"

namespace baton::node {
namespace {

// How long an orderly end waits for the store before it goes anyway: the session's end does the same, only later.
constexpr Duration kFarewell = std::chrono::milliseconds(500);
constexpr Duration kResignationBackoff = std::chrono::seconds(1);

}  // namespace

Node::Parts::Parts(NodeConfig given, Random& source)
    : config(std::move(given)),
      random(source),
      agent(config.agent, source),
      claim(claim_options()),
      desk(agent, config.agent.id, config.kills, config.agent.control_timeout / 4),
      transfers(make_transfers()) {
  config.controller.metadata_version = config.agent.metadata_version;
}

int64_t Node::Parts::wall_us(Instant at) const {
  if (!config.wall_us) return config.agent.started_wall_ms * 1000 + at.ns / 1000;
  return config.wall_us() - (now - at).count() / 1000;
}

uint64_t Node::Parts::next_call(uint64_t which) {
  return which | ++last_call;
}

void Node::Parts::tell_agent(const Event& event) {
  for (Effect& effect : agent.step(now, event)) pass_on(std::move(effect));
}

// The agent's effects are the node's, save that another name is the elector's business too.
void Node::Parts::pass_on(Effect effect) {
  const bool renamed = std::holds_alternative<BecomeIncarnation>(effect);
  out.push_back(std::move(effect));
  if (!renamed || !elector) return;
  if (peers) peers->become(agent.incarnation());
  tell_elector(election::Rename{agent.incarnation().to_string(), candidate()});
}

void Node::Parts::lay_out() {
  if (laid_out) return;
  laid_out = true;
  for (store::Request& request : store::layout_requests()) out.push_back(StoreCall{next_call(kLayoutCalls), std::move(request)});
}

void Node::Parts::on(const StoreReplied& event) {
  if (in_range(event.call, kElectorCalls)) return tell_elector(election::StoreReplied{event.call, event.reply});
  if (in_range(event.call, kClaimCalls)) return tell_claim(election::StoreReplied{event.call, event.reply});
  if (in_range(event.call, kLayoutCalls)) {
    if (event.reply.error == store::StoreError::kConnectionLoss) laid_out = false;
    return;
  }
  if (in_range(event.call, kCensusCalls)) return census.replied(event);
  if (in_range(event.call, kRulerCalls)) {
    if (ruler) ruler->replied(now, event, out);
    return;
  }
  tell_agent(event);
}

void Node::Parts::on(const StoreHappened& event) {
  const auto* change = std::get_if<store::SessionChanged>(&event.event);
  if (change != nullptr && change->state == store::SessionState::kConnected) lay_out();
  if (change != nullptr) session = *change;
  tell_agent(event);
  tell_elector(election::StoreHappened{event.event});
  tell_claim(election::StoreHappened{event.event});
  if (ruler) {
    if (const auto* fired = std::get_if<store::WatchFired>(&event.event)) ruler->watch_fired(now, *fired, out);
    if (change != nullptr && change->state == store::SessionState::kConnected) ruler->reconnected(now, out);
    if (change != nullptr && change->state == store::SessionState::kSuspended) ruler->disconnected(now);
  }
  expirations += change != nullptr && change->state == store::SessionState::kExpired;
  if (change != nullptr && change->state == store::SessionState::kExpired && !ending) out.push_back(OpenSession{});
}

void Node::Parts::on(const StreamConnected& event) {
  if (peers && peers->owns(event.stream)) return peers->connected(now, event.stream);
  tell_agent(event);
}

void Node::Parts::on(const StreamClosed& event) {
  if (peers && peers->owns(event.stream)) return peers->closed(now, event.stream);
  if (agent.owns_stream(event.stream)) return tell_agent(event);
  transfers.closed(event.stream);
  if (ruler) ruler->stream_closed(now, event.stream, out);
}

void Node::Parts::on(const FrameReceived& event) {
  if (peers && peers->owns(event.stream)) return peers->answered(event.stream, event.frame.response());
  if (agent.owns_stream(event.stream)) return tell_agent(event);
  if (event.frame.request().has_elector_message()) return hear_peer(event);
  if (auto answer = own_answer(event.frame.request())) return reply(event.stream, std::move(*answer));
  if (ruler && ruler->loaded() && event.frame.has_request()) {
    const control::Request& request = event.frame.request();
    if (request.has_transfer_controller()) return transfers.asked(now, event.stream, request, *ruler, out);
    if (request.has_describe_controller()) return transfers.describe(now, event.stream, request, *ruler, out);
  }
  if (ruler) return ruler->frame(now, event.stream, event.frame, out);
  if (event.frame.has_request()) return reply(event.stream, not_controller(event.frame.request(), agent));
  if (event.frame.has_stream_hello()) {
    control::Frame refusal;
    *refusal.mutable_stream_hello_reply() = not_controller(agent);
    out.push_back(Send{event.stream, std::move(refusal)});
  }
  out.push_back(Close{event.stream});
}

void Node::Parts::reply(StreamId stream, control::Response response) {
  control::Frame frame;
  *frame.mutable_response() = std::move(response);
  out.push_back(Send{stream, std::move(frame)});
}

// None: not a question that any node answers.
std::optional<control::Response> Node::Parts::own_answer(const control::Request& request) {
  if (SupervisorDesk::serves(request)) return desk.answer(now, request, ruler.get());
  if (request.has_query_status()) return status(request);
  if (request.has_query_history()) return history_answer(request, agent);
  if (!request.has_query_elections()) return std::nullopt;
  control::Response response = answer_to(request, agent);
  response.mutable_elections()->set_elector(config.election);
  const auto wall = [this](Instant at) { return wall_us(at); };
  report(elections, wall, *response.mutable_elections());
  return response;
}

control::Response Node::Parts::status(const control::Request& request) {
  control::Response response = answer_to(request, agent);
  control::Status& status = *response.mutable_status();
  agent.fill(now, request.query_status().summary(), status);
  status.set_node_id(config.agent.id.value());
  if (census.standing()) status.set_standing(*census.standing());
  for (const control::FailoverStage& stage : timeline.stages()) *status.add_recent() = stage;
  return response;
}

control::Response Node::Parts::measurements(uint64_t correlation) {
  control::Response response;
  response.set_correlation(correlation);
  control::Measurements& measured = *response.mutable_measurements();
  measure(measured, now, agent);
  const bool rules = ruler && ruler->loaded();
  measure(measured, rules ? &ruler->controller() : nullptr, rules ? &ruler->recorder() : nullptr);
  measure(measured, "baton_session_expirations_total", static_cast<double>(expirations));
  return response;
}

void Node::Parts::on(const DeathProven& event) {
  proven_dead.insert(event.incarnation);
  cause.death_proven(now, event.incarnation);
  log::info("process {} incarnation {} is proven dead", event.id.value(), event.incarnation.to_string());
  // Of a broker's death the controller tells what it decides; of a controller's alone there is only this to tell.
  const control::Broker* broker = agent.image().find(event.id);
  if (broker == nullptr || broker->incarnation() != event.incarnation.raw())
    timeline.add(now, agent.highest_controller_epoch(), {event.id, "detected", "proof"});
  // The ruler first: a dead leader's partitions wait for it.
  if (ruler) ruler->death_proven(now, event.incarnation, out);
  transfers.tell(now, election::DeathProven{event.incarnation.to_string(), event.id}, out);
  if (!peers) return tell_elector(election::DeathProven{event.incarnation.to_string(), event.id});
  peers->spread(now, event.id, event.incarnation, out);
  tell_elector(peers->over(event.id, event.incarnation));
}

void Node::Parts::on(const HostRequested& event) {
  const control::Request& request = event.request;
  if (!request.has_query_status() && !request.has_sign_of_life() && !request.has_query_measurements()) return tell_agent(event);
  HostEvent answer;
  if (request.has_query_status()) *answer.event.mutable_response() = status(request);
  if (request.has_query_measurements()) *answer.event.mutable_response() = measurements(request.correlation());
  answer.event.mutable_response()->set_correlation(request.correlation());
  out.push_back(std::move(answer));
}

void Node::Parts::on(const HostStopped& event) {
  tell_agent(event);
}

void Node::Parts::on(const Woken& event) {
  tell_agent(event);
  if (peers) peers->woken(now, out);
  if (elector && elector->wake_at() <= now) tell_elector(election::Woken{});
  if (claim.wake_at() <= now) tell_claim(election::Woken{});
  if (ruler && ruler->wake_at() <= now) ruler->woken(now, out);
  transfers.woken(now, out);
  if (ending && now >= end_at) finish();
}

void Node::Parts::on(const ShutdownRequested&) {
  if (ending) return;
  ending = true;
  end_at = now + kFarewell;
  if (won) tell_claim(election::Resign{});
  tell_elector(election::Retire{});
  if (!won) finish();
}

void Node::Parts::finish() {
  end_rule("this process ends");
  end_at = Instant::never();
  out.push_back(CloseSession{});
  out.push_back(Ended{});
}

// Deaths that supervisors have reported, once nothing is heard of that life any more.
void Node::Parts::take_reports() {
  const ControllerEpoch epoch = agent.highest_controller_epoch();
  for (const auto& kill : desk.granted()) timeline.add(now, epoch, {kill.id, "kill_granted", kill.how});
  for (const auto& death : desk.proven(now, ruler.get())) {
    timeline.add(now, epoch, {death.id, "reported_by_supervisor", death.how});
    on(DeathProven{death.id, death.incarnation});
  }
}

void Node::Parts::see_to_transfers() {
  const auto& at = agent.controller_location();
  if (at && at->epoch > transfers.epoch()) transfers.seen(now, at->id, at->epoch, at->incarnation.to_string(), out);
  if (!ruler || !ruler->over().empty()) return;
  if (transfers.holding() && ruler->drained()) transfers.tell(now, election::Drained{}, out);
  if (ruler->loaded() && !ending) transfers.prefer(now, *ruler, out);
}

// After every event: a rule that is over is given up, one that was won is begun.
void Node::Parts::settle() {
  take_reports();
  cause.controller_seen(agent.controller_location());
  begin_election();
  begin_rule();
  if (ruler && !ruler->over().empty()) {
    const std::string why = ruler->over();
    const bool still_ours = won.has_value();
    if (ruler->outdated()) agent.outdated(why, out);
    end_rule(why);
    // Whoever is cut off from the brokers, or can not trust the store, does not stand first in the queue.
    if (still_ours) {
      tell_claim(election::Resign{});
      tell_elector(election::Yield{kResignationBackoff});
    }
  }
  see_to_transfers();
  census.see(now, agent.hears_controller() || ending, out);
  if (ending && !won && end_at != Instant::never()) finish();
  const bool loaded = ruler && ruler->loaded();
  Instant wake = std::min({agent.wake_at(), claim.wake_at(), transfers.wake_at(loaded), census.wake_at(), end_at});
  if (elector) wake = std::min(wake, elector->wake_at());
  if (peers) wake = std::min(wake, peers->wake_at());
  if (!agent.cluster_id().empty()) wake = std::min(wake, election_from);
  if (ruler) wake = std::min(wake, ruler->wake_at());
  if (wake == wake_said && wake > now) return;
  wake_said = wake;
  out.push_back(WakeAt{wake});
}

Node::Node(NodeConfig config, Random& random) : parts_(std::make_unique<Parts>(std::move(config), random)) {}
Node::~Node() = default;

Effects Node::start(Instant now) {
  Parts& parts = *parts_;
  parts.now = now;
  parts.wall_offset = std::chrono::milliseconds(parts.config.agent.started_wall_ms) - Duration(now.ns);
  parts.out.clear();
  if (parts.config.candidate) parts.begin_candidacy(now);
  for (Effect& effect : parts.agent.start()) parts.out.push_back(std::move(effect));
  parts.out.push_back(OpenSession{});
  return std::move(parts.out);
}

Effects Node::step(Instant now, const Event& event) {
  Parts& parts = *parts_;
  parts.now = now;
  parts.out.clear();
  std::visit([&](const auto& each) { parts.on(each); }, event);
  parts.settle();
  return std::move(parts.out);
}

ControllerEpoch Node::ruling() const {
  return parts_->ruler ? parts_->ruler->epoch() : ControllerEpoch();
}

Node::LoadedPages Node::loaded_pages() const {
  if (!parts_->ruler) return {};
  return {parts_->ruler->loader().pages_read(), parts_->ruler->loader().pages_kept()};
}

const agent::Image& Node::image() const {
  return parts_->agent.image();
}

const decision::Controller* Node::controller() const {
  return parts_->ruler && parts_->ruler->loaded() ? &parts_->ruler->controller() : nullptr;
}

}  // namespace baton::node
