// Who is to rule: the elector nominates, the claim disposes, the ruler begins and ends (R2).
#include "base/assert.h"
#include "base/logging.h"
#include "controller/agent/controller_location.h"
#include "controller/election/catalog.h"
#include "controller/runtime/election_memory.h"
#include "controller/runtime/node_answers.h"
#include "controller/runtime/node_parts.h"

namespace baton::node {

election::ClaimOptions Node::Parts::claim_options() {
  election::ClaimOptions options;
  options.first_call = kClaimCalls + 1;
  options.time_out = config.claim_timeout;
  options.controller_json = [this](ControllerEpoch epoch) {
    agent::ControllerLocation location{config.agent.id, epoch, agent.incarnation(), config.agent.control_host, config.agent.control_port};
    return agent::to_json(location, config.agent.started_wall_ms);
  };
  return options;
}

TransferDesk Node::Parts::make_transfers() {
  // Longer than the heir takes to abdicate, so that it does so first.
  election::HandoverOptions handover{config.claim_timeout, config.claim_timeout * 3 / 2};
  return {handover,
          config.preference,
          {[this](const std::string& guid, BrokerId id) {
             tell_elector(election::TransferTo{guid, id});
           },
           [this](bool on) { hold_rule(on); }, [this] { tell_claim(election::Resign{}); }}};
}

void Node::Parts::hold_rule(bool on) {
  if (!ruler) return;
  if (on) {
    ruler->hold();
  } else {
    ruler->release(now, out);
  }
}

std::string Node::Parts::candidate() const {
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

std::unique_ptr<election::Elector> Node::Parts::make_elector() {
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

void Node::Parts::begin_candidacy(Instant at) {
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
void Node::Parts::begin_election() {
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

void Node::Parts::tell_elector(const election::ElectorEvent& event) {
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

void Node::Parts::tell_claim(const election::ClaimEvent& event) {
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

void Node::Parts::end_rule(std::string_view why) {
  if (won) log::info("controller epoch {} is over: {}", won->epoch.value(), why);
  won.reset();
  if (!ruler) return;
  ruler->close_streams(out);
  ruler.reset();
}

// Rules as soon as the claim stands and the cluster's id is known (the agent sees to that).
void Node::Parts::begin_rule() {
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

void Node::Parts::hear_peer(const FrameReceived& event) {
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

void Node::Parts::on(const ElectionKept& event) {
  tell_elector(election::Persisted{event.number});
}

}  // namespace baton::node
