#include "controller/runtime/supervisor_desk.h"

#include <algorithm>

#include "base/logging.h"
#include "base/mutants.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

// Longer than the sockets of a process that is dead can seem to be open.
constexpr Duration kPutAside = std::chrono::seconds(10);

void refuse(control::Response& response, ErrorCode error, std::string why) {
  response.set_error(static_cast<int32_t>(error));
  response.set_message(std::move(why));
}

Incarnation incarnation_of(const std::string& raw) {
  return Incarnation(Uuid::from_bytes(raw));
}

}  // namespace

SupervisorDesk::SupervisorDesk(const agent::Agent& agent, BrokerId self, decision::KillGrantsConfig config, Duration quiet)
    : agent_(agent), self_(self), config_(config), quiet_(std::max(quiet, config.valid)), grants_(config, Instant{}) {}

bool SupervisorDesk::serves(const control::Request& request) {
  return request.has_broker_died() || request.has_ask_to_kill() || request.has_return_kill();
}

control::Response SupervisorDesk::answer(Instant now, const control::Request& request, const Ruler* ruler) {
  control::Response response;
  response.set_correlation(request.correlation());
  response.set_controller_epoch(agent_.highest_controller_epoch().value());
  if (request.has_broker_died()) died(now, request.broker_died(), ruler, response);
  if (request.has_ask_to_kill()) kill(now, request.ask_to_kill(), ruler, response);
  if (request.has_return_kill()) {
    grants_.returned({BrokerId(request.return_kill().broker_id()), incarnation_of(request.return_kill().incarnation())});
  }
  return response;
}

// ---- deaths ------------------------------------------------------------------------------------------------------------

void SupervisorDesk::died(Instant now, const control::BrokerDied& died, const Ruler* ruler, control::Response& response) {
  const Reported report{BrokerId(died.broker_id()), incarnation_of(died.incarnation()), BrokerEpoch(died.broker_epoch()), died.how()};
  if (died.cluster_id() != agent_.cluster_id()) return refuse(response, ErrorCode::kInconsistentClusterId, "this is another cluster");
  if (report.incarnation == agent_.incarnation()) return refuse(response, ErrorCode::kInvalidRequest, "that process answers you");
  if (ruler != nullptr) {
    if (!ruler->loaded()) return refuse(response, ErrorCode::kNotController, "this controller is still reading the store");
    const decision::Registration* known = ruler->controller().members().registration(report.id);
    const bool same = known != nullptr && known->incarnation == report.incarnation && known->epoch == report.epoch;
    if (!same && !BATON_MUTANT(report_of_any_life))
      return refuse(response, ErrorCode::kStaleBrokerEpoch, "that life is not the registered one");
    response.mutable_broker_died()->set_by_controller(true);
    if (!ruler->controller().members().live(report.id)) return;  // known already
  } else {
    // A standby need only know that the controller is gone: of others it hears when it rules.
    const control::Broker* known = agent_.image().find(report.id);
    if (known == nullptr || report.id != agent_.image().controller_id())
      return refuse(response, ErrorCode::kNotController, "this node does not rule");
    if (known->incarnation() != report.incarnation.raw() || known->epoch() != report.epoch.value())
      return refuse(response, ErrorCode::kStaleBrokerEpoch, "that life is not the registered one");
    response.mutable_broker_died();
  }
  const bool known = std::any_of(put_aside_.begin(), put_aside_.end(),
                                 [&](const PutAside& each) { return each.report.incarnation == report.incarnation; });
  if (!known) put_aside_.push_back({report, now + kPutAside});
}

bool SupervisorDesk::heard_of(const Reported& life, const Ruler* ruler) const {
  if (BATON_MUTANT(report_against_the_stream)) return false;
  if (ruler != nullptr) return ruler->hears(life.id, life.epoch);
  return agent_.image().controller_id() == life.id && agent_.hears_controller();
}

std::vector<SupervisorDesk::Reported> SupervisorDesk::proven(Instant now, const Ruler* ruler) {
  std::vector<Reported> proven;
  std::erase_if(put_aside_, [&](const PutAside& each) {
    if (now >= each.until) {
      log::warn("broker {} was reported dead by its supervisor, and is still heard of: not believed", each.report.id.value());
      return true;
    }
    if (heard_of(each.report, ruler)) return false;
    proven.push_back(each.report);
    return true;
  });
  return proven;
}

// ---- kills -------------------------------------------------------------------------------------------------------------

void SupervisorDesk::kill(Instant now, const control::AskToKill& asked, const Ruler* ruler, control::Response& response) {
  const decision::Victim victim{BrokerId(asked.broker_id()), incarnation_of(asked.incarnation())};
  const BrokerEpoch epoch(asked.broker_epoch());
  if (asked.cluster_id() != agent_.cluster_id()) return refuse(response, ErrorCode::kInconsistentClusterId, "this is another cluster");
  if (ruler == nullptr ? !may_grant_as_standby(now, victim) : !ruler->loaded())
    return refuse(response, ErrorCode::kNotController, "this node does not rule");
  decision::KillFacts known;
  if (const control::Candidate* alone = controller_alone(victim.id)) {
    known.registered = alone->incarnation() == victim.incarnation.raw();
    known.holder = holder_alone();
  } else {
    known = ruler != nullptr ? facts(now, victim, epoch, *ruler) : facts(victim, epoch);
  }
  // Our own lease is a write of the store every few moments. A node that never had one, or is told not to renew it, can not tell.
  known.store_away = !agent_.stalled() && agent_.lease_until() != Instant{} && agent_.lease_until() <= now;
  const decision::KillDecision decision = grants_.ask(now, victim, known);
  control::KillAnswer& answer = *response.mutable_kill_answer();
  answer.set_granted(decision.granted);
  answer.set_why(decision.why);
  if (!decision.granted) return;
  answer.set_valid_ms(static_cast<int32_t>(grants_.valid() / std::chrono::milliseconds(1)));
  log::warn("broker {} hangs ({}), and its supervisor may kill it", victim.id.value(), asked.why());
  granted_.push_back({victim.id, victim.incarnation, epoch, asked.why()});
}

// A controller that is no broker is registered by its candidacy alone, and leads nothing: who could take its place in an ISR is no
// question.
const control::Candidate* SupervisorDesk::controller_alone(BrokerId id) const {
  for (const control::Candidate& candidate : agent_.image().candidates()) {
    if (candidate.dedicated() && BrokerId(candidate.id()) == id) return &candidate;
  }
  return nullptr;
}

// Of the last grant's holder. One that was a broker has to be back in the image; for one that was not, its candidacy tells.
decision::HolderLife SupervisorDesk::holder_alone() const {
  using decision::HolderLife;
  const auto holder = grants_.holder();
  if (!holder) return HolderLife::kBack;
  if (const control::Candidate* alone = controller_alone(holder->id)) {
    return alone->incarnation() == holder->incarnation.raw() ? HolderLife::kLives : HolderLife::kBack;
  }
  const control::Broker* broker = agent_.image().find(holder->id);
  if (broker == nullptr) return HolderLife::kGone;
  if (broker->live() && broker->incarnation() == holder->incarnation.raw()) return HolderLife::kLives;
  return broker->streaming() ? HolderLife::kBack : HolderLife::kGone;
}

bool SupervisorDesk::may_grant_as_standby(Instant now, const decision::Victim& victim) const {
  const agent::Image& image = agent_.image();
  if (!image.known() || victim.id != image.controller_id() || victim.id == self_) return false;
  // A controller that is heard grants what there is to grant.
  if (now - agent_.controller_last_heard() < quiet_) return false;
  for (const control::Candidate& candidate : image.candidates()) {
    const BrokerId id(candidate.id());
    const control::Broker* broker = image.find(id);
    if (id < self_ && id != victim.id && broker != nullptr && broker->live() && broker->streaming()) return false;
  }
  return true;
}

decision::KillFacts SupervisorDesk::facts(Instant now, const decision::Victim& victim, BrokerEpoch epoch, const Ruler& ruler) const {
  const decision::Membership& members = ruler.controller().members();
  decision::KillFacts facts;
  const decision::Registration* known = members.registration(victim.id);
  facts.registered = known != nullptr && known->incarnation == victim.incarnation && known->epoch == epoch && members.live(victim.id);
  facts.writing = ruler.controller().writing();
  for (const auto& [key, entry] : ruler.controller().pages().entries()) {
    const auto could_lead = [&, &at = key](BrokerId id) {
      const decision::ReplicaStanding standing = members.standing(at, id, now);
      return standing.electable && standing.clean && !ruler.quiet(id);
    };
    if (!decision::last_that_could_lead(entry.record, victim.id, could_lead)) continue;
    facts.last_of = key;
    break;
  }
  if (const auto holder = grants_.holder(); holder && controller_alone(holder->id) != nullptr) {
    facts.holder = holder_alone();
  } else if (holder) {
    const decision::Registration* now_registered = members.registration(holder->id);
    const bool same = now_registered != nullptr && now_registered->incarnation == holder->incarnation;
    facts.holder = same ? (members.live(holder->id) ? decision::HolderLife::kLives : decision::HolderLife::kGone)
                        : (members.electable(holder->id) ? decision::HolderLife::kBack : decision::HolderLife::kGone);
  }
  return facts;
}

// As the image of a standby shows it; the only victim is the controller, so another holder was another controller.
decision::KillFacts SupervisorDesk::facts(const decision::Victim& victim, BrokerEpoch epoch) const {
  const agent::Image& image = agent_.image();
  decision::KillFacts facts;
  const control::Broker* known = image.find(victim.id);
  facts.registered =
      known != nullptr && known->live() && known->incarnation() == victim.incarnation.raw() && known->epoch() == epoch.value();
  const auto could_lead = [&](BrokerId id) {
    const control::Broker* broker = image.find(id);
    return broker != nullptr && broker->live() && broker->ready() && broker->streaming();
  };
  for (const auto& [key, entry] : image.partitions().entries()) {
    if (!decision::last_that_could_lead(entry.record, victim.id, could_lead)) continue;
    facts.last_of = key;
    break;
  }
  facts.holder = holder_alone();
  return facts;
}

}  // namespace baton::node
