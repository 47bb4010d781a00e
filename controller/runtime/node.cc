#include "controller/runtime/node.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/assert.h"
#include "base/logging.h"
#include "controller/agent/agent.h"
#include "controller/agent/controller_location.h"
#include "controller/coordination/layout.h"
#include "controller/election/catalog.h"
#include "controller/election/claim.h"
#include "controller/election/election_log.h"
#include "controller/runtime/census.h"
#include "controller/runtime/election_memory.h"
#include "controller/runtime/election_report.h"
#include "controller/runtime/measurements.h"
#include "controller/runtime/node_answers.h"
#include "controller/runtime/peer_desk.h"
#include "controller/runtime/ruler.h"
#include "controller/runtime/supervisor_desk.h"
#include "controller/runtime/transfer_desk.h"

namespace baton::node {
namespace {

// Store calls are numbered in ranges, so that a reply finds its asker; the agent has one of its own (agent/calls.h).
constexpr uint64_t range(uint8_t part) {
  return uint64_t{part} << 56;
}
constexpr uint64_t kElectorCalls = range(0xE1);
constexpr uint64_t kClaimCalls = range(0xC1);
constexpr uint64_t kRulerCalls = range(0x91);
constexpr uint64_t kLayoutCalls = range(0x1A);
constexpr uint64_t kCensusCalls = range(0xCE);

bool in_range(uint64_t call, uint64_t which) {
  return (call >> 56) == (which >> 56);
}

// How long an orderly end waits for the store before it goes anyway: the session's end does the same, only later.
constexpr Duration kFarewell = std::chrono::milliseconds(500);
constexpr Duration kResignationBackoff = std::chrono::seconds(1);

}  // namespace

struct Node::Parts {
  Parts(NodeConfig given, Random& source)
      : config(std::move(given)),
        random(source),
        agent(config.agent, source),
        claim(claim_options()),
        desk(agent, config.agent.id, config.kills, config.agent.control_timeout / 4),
        transfers(make_transfers()) {
    config.controller.metadata_version = config.agent.metadata_version;
  }

  NodeConfig config;
  Random& random;
  agent::Agent agent;
  std::unique_ptr<election::Elector> elector;
  std::optional<PeerDesk> peers;             // where the elector asks its peers
  Instant election_from = Instant::never();  // such an elector begins then, once the cluster is known
  std::optional<store::SessionChanged> session;
  election::Claim claim;
  election::ElectionLog elections;
  std::optional<election::Ruling> won;
  ElectionStart won_how;
  std::unique_ptr<Ruler> ruler;
  SupervisorDesk desk;
  TransferDesk transfers;
  Census census{[this] { return next_call(kCensusCalls); }};
  Timeline timeline;
  std::set<Incarnation> proven_dead;
  ElectionCause cause;
  int64_t expirations = 0;  // of sessions
  uint64_t last_call = 0;
  bool laid_out = false;
  bool ending = false;
  Instant end_at = Instant::never();
  Instant wake_said = Instant::never();
  Instant now{};
  Duration wall_offset{};  // the wall clock less the clock of the events, as at the start
  Effects out;

  election::ClaimOptions claim_options() {
    election::ClaimOptions options;
    options.first_call = kClaimCalls + 1;
    options.time_out = config.claim_timeout;
    options.controller_json = [this](ControllerEpoch epoch) {
      agent::ControllerLocation location{config.agent.id, epoch, agent.incarnation(), config.agent.control_host, config.agent.control_port};
      return agent::to_json(location, config.agent.started_wall_ms);
    };
    return options;
  }

  int64_t wall_us(Instant at) const {
    if (!config.wall_us) return config.agent.started_wall_ms * 1000 + at.ns / 1000;
    return config.wall_us() - (now - at).count() / 1000;
  }

  TransferDesk make_transfers() {
    // Longer than the heir takes to abdicate, so that it does so first.
    election::HandoverOptions handover{config.claim_timeout, config.claim_timeout * 3 / 2};
    return {handover,
            config.preference,
            {[this](const std::string& guid, BrokerId id) {
               tell_elector(election::TransferTo{guid, id});
             },
             [this](bool on) { hold_rule(on); }, [this] { tell_claim(election::Resign{}); }}};
  }

  void hold_rule(bool on) {
    if (!ruler) return;
    if (on) {
      ruler->hold();
    } else {
      ruler->release(now, out);
    }
  }

  std::string candidate() const {
    control::Candidate candidate;
    candidate.set_id(config.agent.id.value());
    candidate.set_incarnation(std::string(agent.incarnation().raw()));
    candidate.set_control_host(config.agent.control_host);
    candidate.set_control_port(config.agent.control_port);
    candidate.set_priority(config.priority);
    candidate.set_dedicated(!config.agent.broker);
    candidate.set_metadata_version(config.agent.metadata_version);
    return candidate.SerializeAsString();
  }

  std::unique_ptr<election::Elector> make_elector() {
    const auto kind = election::find_elector(config.election);
    BATON_ASSERT(kind);  // the settings allow no other word
    election::ElectorSetup setup;
    setup.self = config.agent.id;
    setup.guid = agent.incarnation().to_string();
    setup.data = candidate();
    setup.timing = config.timing;
    for (const VoterAddress& voter : config.voters) setup.voters.push_back({voter.id, 0});
    if (config.remembered) setup.state = config.remembered->state();
    setup.random = &random;
    setup.first_call = kElectorCalls + 1;
    return election::make_enrolled(**kind, setup);
  }

  void begin_candidacy(Instant at) {
    const auto kind = election::find_elector(config.election);
    BATON_ASSERT(kind);
    if (!(*kind)->asks_peers) {
      elector = make_elector();
      return;
    }
    peers.emplace(PeerDeskConfig{config.agent.id, config.election, config.voters, config.timing.suspect});
    peers->start(at, out);
    election_from = at;
    if (!(*kind)->durable || config.remembered || config.agent.cluster_id.empty()) return;
    // Others may count on what it promised in a former life: a candidacy lasts two time-outs of suspicion, a lease one.
    election_from = at + config.timing.suspect * 2;
    log::warn("this candidate has taken part in its cluster before and remembers no promise of controller.election={}: it waits {} ms",
              config.election, config.timing.suspect * 2 / std::chrono::milliseconds(1));
  }

  // Candidates that ask each other have to know for which cluster they stand.
  void begin_election() {
    if (elector || !peers || ending || agent.cluster_id().empty() || now < election_from) return;
    if (config.remembered && config.remembered->cluster_id() != agent.cluster_id()) {
      log::warn("what this candidate remembers of an election was promised in cluster {}, not in {}: it is put aside",
                config.remembered->cluster_id(), agent.cluster_id());
      config.remembered.reset();
    }
    election_from = Instant::never();
    peers->join(agent.cluster_id());
    peers->become(agent.incarnation());
    log::info("this candidate elects by {} among {} voters", config.election, config.voters.size());
    elector = make_elector();
    // The list of voters, at least: the next start compares its own with it.
    const std::string memory = peers->remembered(config.remembered ? config.remembered->state() : std::string());
    if (!config.remembered || memory != to_file(*config.remembered)) out.push_back(KeepElection{0, memory});
    if (session) tell_elector(election::StoreHappened{*session});
  }

  uint64_t next_call(uint64_t which) { return which | ++last_call; }

  void tell_agent(const Event& event) {
    for (Effect& effect : agent.step(now, event)) pass_on(std::move(effect));
  }

  // The agent's effects are the node's, save that another name is the elector's business too.
  void pass_on(Effect effect) {
    const bool renamed = std::holds_alternative<BecomeIncarnation>(effect);
    out.push_back(std::move(effect));
    if (!renamed || !elector) return;
    if (peers) peers->become(agent.incarnation());
    tell_elector(election::Rename{agent.incarnation().to_string(), candidate()});
  }

  void tell_elector(const election::ElectorEvent& event) {
    if (!elector) return;
    elections.told(now, event);
    for (election::ElectorDecision& decision : elector->step(now, event)) {
      elections.decided(now, decision);
      if (auto* call = std::get_if<election::StoreCall>(&decision)) out.push_back(StoreCall{call->call, std::move(call->request)});
      if (auto* nominated = std::get_if<election::Nominated>(&decision)) {
        cause.nominated(now);
        tell_claim(*nominated);
      }
      if (std::holds_alternative<election::Withdrawn>(decision)) {
        cause.withdrawn();
        tell_claim(election::NominationWithdrawn{});
      }
      if (auto* message = std::get_if<election::Send>(&decision)) peers->say(now, message->to, std::move(message->message), out);
      if (const auto* promise = std::get_if<election::Persist>(&decision))
        out.push_back(KeepElection{promise->number, peers->remembered(promise->state)});
      if (const auto* transferred = std::get_if<election::Transferred>(&decision)) transfers.tell(now, *transferred, out);
      if (const auto* failed = std::get_if<election::TransferFailed>(&decision)) transfers.tell(now, *failed, out);
    }
  }

  void tell_claim(const election::ClaimEvent& event) {
    for (election::ClaimDecision& decision : claim.step(now, event)) {
      elections.decided(now, decision);
      if (auto* call = std::get_if<election::StoreCall>(&decision)) out.push_back(StoreCall{call->call, std::move(call->request)});
      if (const auto* ruling = std::get_if<election::Ruling>(&decision)) {
        log::info("controller epoch {} is ours", ruling->epoch.value());
        won = *ruling;
        won_how = cause.start(now);
        transfers.seen(now, config.agent.id, ruling->epoch, agent.incarnation().to_string(), out);
      }
      if (const auto* lost = std::get_if<election::Lost>(&decision)) {
        if (lost->reason == election::LossReason::kResigned && ruler && ruler->drained()) ruler->refuse_waiting(out);
        end_rule(election::name_of(lost->reason));
        // Still first in the queue as far as the elector knows, but not by right: to the end of it.
        if (lost->reason == election::LossReason::kDeposed) tell_elector(election::Yield{});
        transfers.tell(now, *lost, out);
      }
      if (const auto* abdicated = std::get_if<election::Abdicated>(&decision)) tell_elector(election::Yield{abdicated->backoff});
    }
  }

  void end_rule(std::string_view why) {
    if (won) log::info("controller epoch {} is over: {}", won->epoch.value(), why);
    won.reset();
    if (!ruler) return;
    ruler->close_streams(out);
    ruler.reset();
  }

  // Rules as soon as the claim stands and the cluster's id is known (the agent sees to that).
  void begin_rule() {
    if (!won || ruler || agent.cluster_id().empty()) return;
    RulerConfig rule{config.agent.id, agent.incarnation(), agent.cluster_id(), won->epoch, won->version, wall_offset, config.controller};
    rule.store_patience = config.agent.session_timeout / 4;
    rule.election = won_how;
    rule.proven = cause.proven();
    rule.wall = [this](Instant at) { return wall_us(at); };
    ruler = std::make_unique<Ruler>(
        std::move(rule), random, [this] { return next_call(kRulerCalls); }, timeline, agent.leader_history(), agent.image(), proven_dead);
    desk.ruling(now);
    ruler->start(now, out);
  }

  void lay_out() {
    if (laid_out) return;
    laid_out = true;
    for (store::Request& request : store::layout_requests()) out.push_back(StoreCall{next_call(kLayoutCalls), std::move(request)});
  }

  void on(const StoreReplied& event) {
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

  void on(const StoreHappened& event) {
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

  void on(const StreamConnected& event) {
    if (peers && peers->owns(event.stream)) return peers->connected(now, event.stream);
    tell_agent(event);
  }

  void on(const StreamClosed& event) {
    if (peers && peers->owns(event.stream)) return peers->closed(now, event.stream);
    if (agent.owns_stream(event.stream)) return tell_agent(event);
    transfers.closed(event.stream);
    if (ruler) ruler->stream_closed(now, event.stream, out);
  }

  void on(const FrameReceived& event) {
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

  void hear_peer(const FrameReceived& event) {
    if (!peers) {
      return reply(event.stream, not_heard(event.frame.request(),
                                           config.candidate ? "controller.election is " + config.election + " here, which asks no peers"
                                                            : "this process is no candidate (process.roles)"));
    }
    auto heard = peers->take(now, event.stream, event.frame.request(), out);
    if (!heard || !elector) return;
    if (!heard->death) return tell_elector(election::Received{heard->from, std::move(heard->message)});
    const Incarnation incarnation{Uuid::from_bytes(heard->death->incarnation())};
    if (incarnation == agent.incarnation() || proven_dead.contains(incarnation)) return;
    cause.death_proven(now, incarnation);
    tell_elector(peers->over(BrokerId(heard->death->id()), incarnation));
  }

  void reply(StreamId stream, control::Response response) {
    control::Frame frame;
    *frame.mutable_response() = std::move(response);
    out.push_back(Send{stream, std::move(frame)});
  }

  // None: not a question that any node answers.
  std::optional<control::Response> own_answer(const control::Request& request) {
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

  control::Response status(const control::Request& request) {
    control::Response response = answer_to(request, agent);
    control::Status& status = *response.mutable_status();
    agent.fill(now, request.query_status().summary(), status);
    status.set_node_id(config.agent.id.value());
    if (census.standing()) status.set_standing(*census.standing());
    for (const control::FailoverStage& stage : timeline.stages()) *status.add_recent() = stage;
    return response;
  }

  control::Response measurements(uint64_t correlation) {
    control::Response response;
    response.set_correlation(correlation);
    control::Measurements& measured = *response.mutable_measurements();
    measure(measured, now, agent);
    const bool rules = ruler && ruler->loaded();
    measure(measured, rules ? &ruler->controller() : nullptr, rules ? &ruler->recorder() : nullptr);
    measure(measured, "baton_session_expirations_total", static_cast<double>(expirations));
    return response;
  }

  void on(const DeathProven& event) {
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

  void on(const HostRequested& event) {
    const control::Request& request = event.request;
    if (!request.has_query_status() && !request.has_sign_of_life() && !request.has_query_measurements()) return tell_agent(event);
    HostEvent answer;
    if (request.has_query_status()) *answer.event.mutable_response() = status(request);
    if (request.has_query_measurements()) *answer.event.mutable_response() = measurements(request.correlation());
    answer.event.mutable_response()->set_correlation(request.correlation());
    out.push_back(std::move(answer));
  }
  void on(const HostStopped& event) { tell_agent(event); }
  void on(const ElectionKept& event) { tell_elector(election::Persisted{event.number}); }

  void on(const Woken& event) {
    tell_agent(event);
    if (peers) peers->woken(now, out);
    if (elector && elector->wake_at() <= now) tell_elector(election::Woken{});
    if (claim.wake_at() <= now) tell_claim(election::Woken{});
    if (ruler && ruler->wake_at() <= now) ruler->woken(now, out);
    transfers.woken(now, out);
    if (ending && now >= end_at) finish();
  }

  void on(const ShutdownRequested&) {
    if (ending) return;
    ending = true;
    end_at = now + kFarewell;
    if (won) tell_claim(election::Resign{});
    tell_elector(election::Retire{});
    if (!won) finish();
  }

  void finish() {
    end_rule("this process ends");
    end_at = Instant::never();
    out.push_back(CloseSession{});
    out.push_back(Ended{});
  }

  // Deaths that supervisors have reported, once nothing is heard of that life any more.
  void take_reports() {
    const ControllerEpoch epoch = agent.highest_controller_epoch();
    for (const auto& kill : desk.granted()) timeline.add(now, epoch, {kill.id, "kill_granted", kill.how});
    for (const auto& death : desk.proven(now, ruler.get())) {
      timeline.add(now, epoch, {death.id, "reported_by_supervisor", death.how});
      on(DeathProven{death.id, death.incarnation});
    }
  }

  void see_to_transfers() {
    const auto& at = agent.controller_location();
    if (at && at->epoch > transfers.epoch()) transfers.seen(now, at->id, at->epoch, at->incarnation.to_string(), out);
    if (!ruler || !ruler->over().empty()) return;
    if (transfers.holding() && ruler->drained()) transfers.tell(now, election::Drained{}, out);
    if (ruler->loaded() && !ending) transfers.prefer(now, *ruler, out);
  }

  // After every event: a rule that is over is given up, one that was won is begun.
  void settle() {
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
};

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
