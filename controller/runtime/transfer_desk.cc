#include "controller/runtime/transfer_desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "controller/runtime/ruler.h"

namespace baton::node {
namespace {

constexpr Duration kBetweenJudgements = std::chrono::milliseconds(100);
constexpr Duration kAfterFailure = std::chrono::seconds(10);

// For the sentence of a refusal: "1 (rules), 2, 101 (no control stream)".
std::string candidates_of(const std::vector<election::Standing>& queue) {
  std::string text;
  for (const election::Standing& one : queue) {
    const char* note = one.rules ? " (rules)" : one.dead ? " (dead)" : one.following ? "" : " (no control stream)";
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", one.id.value(), note);
  }
  return text.empty() ? "none" : text;
}

// A former life of the same process may still stand in the queue: the one that follows is meant.
std::optional<size_t> find(const std::vector<election::Standing>& queue, BrokerId id) {
  std::optional<size_t> found;
  for (size_t i = 0; i < queue.size(); ++i) {
    if (queue[i].id != id) continue;
    if (!found || queue[i].rules || (queue[i].following && !queue[*found].rules)) found = i;
  }
  return found;
}

}  // namespace

void TransferDesk::asked(Instant now, StreamId stream, const control::Request& request, const Ruler& ruler, Effects& out) {
  const Asker asker{stream, request.correlation()};
  const ControllerEpoch epoch = ruler.epoch();
  if (handover_.under_way()) {
    return refuse(asker, ErrorCode::kRebalanceInProgress, fmt::format("a hand-over to {} is under way", heir_.value()), epoch, out);
  }
  const std::vector<election::Standing> queue = ruler.standings();
  const control::TransferController& wanted = request.transfer_controller();
  const std::optional<size_t> at = wanted.has_to() ? find(queue, BrokerId(wanted.to())) : election::best_standby(queue);
  if (!at && !wanted.has_to()) {
    return refuse(asker, ErrorCode::kBrokerNotAvailable, "nobody stands by: candidates are " + candidates_of(queue), epoch, out);
  }
  if (!at) {
    return refuse(asker, ErrorCode::kBrokerIdNotRegistered,
                  fmt::format("{} does not stand for election: candidates are {}", wanted.to(), candidates_of(queue)), epoch, out);
  }
  const election::Standing& heir = queue[*at];
  if (heir.rules) {
    control::Response response;
    response.mutable_transferred()->set_id(heir.id.value());
    response.mutable_transferred()->set_epoch(epoch.value());
    response.mutable_transferred()->set_already(true);
    return answer(asker, std::move(response), epoch, out);
  }
  if (heir.dead || !heir.following) {
    return refuse(asker, ErrorCode::kBrokerNotAvailable,
                  fmt::format("{} stands for election but {}: candidates are {}", heir.id.value(),
                              heir.dead ? "is dead" : "has no control stream to this controller", candidates_of(queue)),
                  epoch, out);
  }
  asker_ = asker;
  log::info("an operator asks for the rule to be handed to {}", heir.id.value());
  begin(now, heir, ruler, out);
}

void TransferDesk::describe(Instant now, StreamId stream, const control::Request& request, const Ruler& ruler, Effects& out) {
  control::Response response;
  ruler.describe(now, *response.mutable_controller());
  response.mutable_controller()->set_waits_for(preference_.judge(now, ruler.standings()).waits_for);
  answer({stream, request.correlation()}, std::move(response), ruler.epoch(), out);
}

void TransferDesk::prefer(Instant now, const Ruler& ruler, Effects& out) {
  const bool due = now >= judge_at_ || now - judged_at_ >= kBetweenJudgements;
  if (!due || handover_.under_way() || now < prefer_from_) return;
  judged_at_ = now;
  const std::vector<election::Standing> queue = ruler.standings();
  const election::Preference::Verdict verdict = preference_.judge(now, queue);
  judge_at_ = verdict.look_again;
  if (!verdict.heir) return;
  const election::Standing& heir = queue[*verdict.heir];
  log::info("candidate {} has a higher controller.priority ({}) and is ready: the rule is handed to it", heir.id.value(), heir.priority);
  begin(now, heir, ruler, out);
}

void TransferDesk::begin(Instant now, const election::Standing& heir, const Ruler& ruler, Effects& out) {
  heir_ = heir.id;
  heir_guid_ = heir.guid;
  began_ = now;
  std::string self;
  for (const election::Standing& one : ruler.standings()) {
    if (!one.rules) continue;
    self = one.guid;
    self_ = one.id;
  }
  tell(now, election::HandOver{heir.guid, self, ruler.epoch()}, out);
}

void TransferDesk::tell(Instant now, const election::HandoverEvent& event, Effects& out) {
  for (const election::HandoverDecision& decision : handover_.step(now, event)) {
    if (const auto* turn = std::get_if<election::TurnQueue>(&decision))
      orders_.turn_queue(turn->guid, turn->guid == heir_guid_ ? heir_ : self_);
    if (std::holds_alternative<election::Hold>(decision)) orders_.hold(true);
    if (std::holds_alternative<election::Release>(decision)) orders_.hold(false);
    if (std::holds_alternative<election::GiveUp>(decision)) orders_.give_up();
    if (const auto* outcome = std::get_if<election::HandoverOver>(&decision)) over(now, *outcome, out);
  }
}

void TransferDesk::seen(Instant now, BrokerId id, ControllerEpoch epoch, const std::string& guid, Effects& out) {
  if (epoch <= epoch_) return;
  ruler_ = id;
  epoch_ = epoch;
  preference_.ruled(now, id, epoch);
  tell(now, election::RuleSeen{epoch, guid}, out);
}

void TransferDesk::over(Instant now, const election::HandoverOver& outcome, Effects& out) {
  using How = election::HandoverOver::How;
  const int64_t took_us = (now - began_).count() / 1000;
  const bool done = outcome.how == How::kHeirRules;
  std::string text = fmt::format("the rule was handed to {}, epoch {}, in {:.1f} ms", heir_.value(), outcome.epoch.value(),
                                 static_cast<double>(took_us) / 1000);
  if (outcome.how == How::kKept)
    text = fmt::format("the rule was not handed to {}: {}; nothing has changed", heir_.value(), outcome.reason);
  if (outcome.how == How::kLost) text = fmt::format("the rule was not handed to {}: {}", heir_.value(), outcome.reason);
  if (outcome.how == How::kAnotherRules || outcome.how == How::kRulesAgain) {
    text = fmt::format("the rule was not handed to {}: {}; {} rules, epoch {}", heir_.value(), outcome.reason, ruler_.value(),
                       outcome.epoch.value());
  }
  if (done) {
    log::info("{}", text);
  } else {
    log::warn("{}", text);
    prefer_from_ = now + kAfterFailure;
  }
  const std::optional<Asker> to = std::exchange(asker_, std::nullopt);
  if (!to) return;
  if (!done) return refuse(*to, ErrorCode::kEligibleLeadersNotAvailable, std::move(text), outcome.epoch, out);
  control::Response response;
  response.mutable_transferred()->set_id(heir_.value());
  response.mutable_transferred()->set_epoch(outcome.epoch.value());
  response.mutable_transferred()->set_took_us(took_us);
  answer(*to, std::move(response), outcome.epoch, out);
}

void TransferDesk::answer(Asker to, control::Response response, ControllerEpoch epoch, Effects& out) {
  response.set_correlation(to.correlation);
  response.set_controller_epoch(epoch.value());
  control::Frame frame;
  *frame.mutable_response() = std::move(response);
  out.push_back(Send{to.stream, std::move(frame)});
}

void TransferDesk::refuse(Asker to, ErrorCode error, std::string why, ControllerEpoch epoch, Effects& out) {
  control::Response response;
  response.set_error(static_cast<int32_t>(error));
  response.set_message(std::move(why));
  answer(to, std::move(response), epoch, out);
}

void TransferDesk::closed(StreamId stream) {
  if (asker_ && asker_->stream == stream) asker_.reset();
}

void TransferDesk::woken(Instant now, Effects& out) {
  if (handover_.wake_at() <= now) tell(now, election::Woken{}, out);
}

Instant TransferDesk::wake_at(bool ruling) const {
  if (handover_.under_way() || !ruling || judge_at_ == Instant::never()) return handover_.wake_at();
  return std::max(judge_at_, prefer_from_);
}

}  // namespace baton::node
