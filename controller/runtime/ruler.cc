#include "controller/runtime/ruler.h"

#include <algorithm>

#include "base/assert.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

// A stream is asked for a sign of life this many times within the time after which it is silent.
constexpr int kPingsPerTimeout = 5;

// How often a reading that a lost connection has cut short is tried again.
constexpr Duration kRetry = std::chrono::milliseconds(100);

}  // namespace

void Timeline::add(Instant now, ControllerEpoch epoch, const decision::Milestone& milestone) {
  control::FailoverStage stage;
  stage.set_broker_id(milestone.id.value());
  stage.set_stage(milestone.stage);
  stage.set_detail(milestone.detail);
  stage.set_boottime_ns(now.ns);
  stage.set_controller_epoch(epoch.value());
  stages_.push_back(std::move(stage));
  if (stages_.size() > kKept) stages_.pop_front();
}

Ruler::Ruler(RulerConfig config, Random& random, std::function<uint64_t()> next_call, Timeline& timeline,
             const agent::LeaderHistory& history, const agent::Image& image, std::set<Incarnation> proven_dead)
    : config_(std::move(config)),
      next_call_(std::move(next_call)),
      timeline_(timeline),
      leaders_(history),
      controller_(config_.controller, random),
      door_(config_.epoch, config_.epoch_version, config_.wall_offset),
      brokers_([this](store::Request request, auto then) { ask(std::move(request), std::move(then)); },
               {[this](BrokerId id, const BrokerReading& reading) {
                  door_.seen_registration(id, reading.record, reading.id_present);
                  if (!loaded_) return;
                  const auto record = to_record(reading.record, BrokerEpoch(reading.stat.mzxid), reading.stat.version);
                  feed(decision::BrokerSeen{record, reading.id_present});
                  answer_waiting();
                },
                [this] {
                  finish_loading();
                  reread_refused();
                },
                [this] {
                  if (!loaded_) return;
                  control::Frame frame;
                  control::Delta& delta = begin_delta(frame);
                  delta.set_has_candidates(true);
                  for (const control::Candidate& candidate : brokers_.candidates()) *delta.add_candidates() = candidate;
                  broadcast(std::move(frame));
                  feed(decision::CandidatesSeen{to_records(brokers_.candidates())});
                }}),
      loader_([this](store::Request request, auto then) { ask(std::move(request), std::move(then)); }, image, door_,
              config_.controller.metadata_version,
              [this] {
                loading_done_ = true;
                finish_loading();
              }),
      recorder_(config_.self, config_.epoch, config_.wall),
      history_(
          paths::kFailovers, [this](store::Request request, auto then) { ask(std::move(request), std::move(then)); }, door_, recorder_),
      leaders_node_(
          paths::kLeaderChanges, [this](store::Request request, auto then) { ask(std::move(request), std::move(then)); }, door_, leaders_),
      proven_dead_(std::move(proven_dead)) {
  for (const auto& [incarnation, at] : config_.proven) recorder_.death_proven(at, incarnation);
}

void Ruler::ask(store::Request request, std::function<void(const store::Reply&)> then) {
  const uint64_t call = next_call_();
  asked_.emplace(call, std::move(then));
  out_->push_back(StoreCall{call, std::move(request)});
}

void Ruler::start(Instant now, Effects& out) {
  now_ = now;
  out_ = &out;
  began_ = now;
  recorder_.claimed(config_.election);
  history_.read();  // first, so that it is there before anything is to be told
  leaders_node_.read();
  loader_.start();
  brokers_.read_all();
  wake_at_ = now + kRetry;
}

bool Ruler::replied(Instant now, const StoreReplied& event, Effects& out) {
  auto found = asked_.find(event.call);
  if (found == asked_.end()) return false;
  now_ = now;
  out_ = &out;
  auto then = std::move(found->second);
  asked_.erase(found);
  if (over_.empty()) then(event.reply);
  return true;
}

void Ruler::watch_fired(Instant now, const store::WatchFired& fired, Effects& out) {
  now_ = now;
  out_ = &out;
  if (over_.empty()) brokers_.watch_fired(fired);
}

void Ruler::reconnected(Instant now, Effects& out) {
  now_ = now;
  out_ = &out;
  disconnected_at_ = Instant::never();
  if (over_.empty()) retry_lost();
}

// What was lost with a connection is asked again: at its return, and at every wake, since the loss may be told after it.
void Ruler::retry_lost() {
  if (!loaded_ && loader_.incomplete() && loader_.settled()) loader_.start();
  if (brokers_.incomplete() && brokers_.settled()) brokers_.read_all();
  door_.reconnected();
  pump_door();
}

void Ruler::finish_loading() {
  if (loaded_ || !loading_done_ || !brokers_.settled() || brokers_.incomplete()) return;
  if (!loader_.broken().empty()) return end(loader_.broken());
  loaded_ = true;
  recorder_.loaded(now_);
  decision::Loaded event = std::move(loader_.loaded());
  for (const auto& [id, reading] : brokers_.brokers()) {
    event.brokers.push_back({to_record(reading.record, BrokerEpoch(reading.stat.mzxid), reading.stat.version), reading.id_present});
  }
  event.proven_dead = proven_dead_;
  event.candidates = to_records(brokers_.candidates());
  next_ping_ = now_;
  feed(event);
  answer_waiting();
  ping(now_);
}

void Ruler::feed(const decision::Event& event) {
  if (!over_.empty()) return;
  decision::Decisions decisions = controller_.step(now_, event);
  // While the store works on what many partitions become next, everybody is told what they have become before: that is confirmed.
  auto is_bulk = [](const decision::Decision& decision) {
    const auto* write = std::get_if<decision::Write>(&decision);
    const auto* page = write == nullptr ? nullptr : std::get_if<decision::PutPage>(&write->changes.front());
    return page != nullptr && !page->rows.empty();
  };
  auto bulk = std::find_if(decisions.begin(), decisions.end(), is_bulk);
  if (bulk != decisions.end()) carry_out(*bulk);
  for (auto decision = decisions.begin(); decision != decisions.end(); ++decision) {
    if (decision != bulk) carry_out(*decision);
  }
  wake_at_ = next_wake();
}

void Ruler::carry_out(decision::Decision& decision) {
  if (const auto* write = std::get_if<decision::Write>(&decision)) {
    if (held_) {
      held_writes_.push_back(*write);
      return;
    }
    recorder_.writing(now_, *write);
    door_.begin(*write, controller_.level().value());
    refused_.clear();
    for (const decision::Change& change : write->changes) {
      if (const auto* tombstone = std::get_if<decision::Tombstone>(&change)) refused_.insert(tombstone->id);
    }
    pump_door();
  } else if (const auto* publication = std::get_if<decision::Publish>(&decision)) {
    publish(*publication);
  } else if (const auto* reply = std::get_if<decision::Reply>(&decision)) {
    auto asked = requests_.find(reply->request);
    if (asked == requests_.end()) return;
    const Asked to = asked->second;
    requests_.erase(asked);
    control::Response response = to_message(reply->answer);
    response.set_throttle_ms(static_cast<int32_t>(std::chrono::ceil<std::chrono::milliseconds>(reply->throttle).count()));
    respond(to.stream, to.correlation, std::move(response));
  } else if (const auto* question = std::get_if<decision::AskToYield>(&decision)) {
    ask_to_yield(*question);
  } else if (const auto* wake = std::get_if<decision::WakeAt>(&decision)) {
    core_wake_ = wake->at;
  } else if (const auto* resign = std::get_if<decision::Resign>(&decision)) {
    resigned_ = true;
    end(resign->reason);
  } else if (const auto* milestone = std::get_if<decision::Milestone>(&decision)) {
    timeline_.add(now_, config_.epoch, *milestone);
    recorder_.milestone(now_, *milestone);
    if (milestone->stage == "pages_confirmed") confirm_applied(milestone->id);
  } else if (const auto* count = std::get_if<decision::Succeeded>(&decision)) {
    recorder_.succeeded(*count);
  }
}

void Ruler::pump_door() {
  while (auto multi = door_.next()) ask(std::move(*multi), [this](const store::Reply& reply) { door_replied(reply); });
}

void Ruler::door_replied(const store::Reply& reply) {
  switch (door_.replied(reply)) {
    case Door::Outcome::kWaiting:
      return pump_door();
    case Door::Outcome::kConfirmed:
      while (door_.take_confirmed()) feed(decision::WriteConfirmed{});
      pump_door();
      return date_pages();
    case Door::Outcome::kRefused:
      refusal_pending_ = true;
      for (BrokerId id : refused_) brokers_.read(id);
      return;
    case Door::Outcome::kDeposed:
      return end("another controller has claimed a later epoch, or the session is gone");
    case Door::Outcome::kBroken:
      return end("a write was refused although nobody else writes there: the store was changed by hand");
  }
}

void Ruler::reread_refused() {
  if (!refusal_pending_ || !brokers_.settled() || brokers_.incomplete()) return;
  refusal_pending_ = false;
  feed(decision::WriteRefused{});
}

void Ruler::death_proven(Instant now, Incarnation incarnation, Effects& out) {
  now_ = now;
  out_ = &out;
  proven_dead_.insert(incarnation);
  recorder_.death_proven(now, incarnation);
  if (loaded_) feed(decision::DeathProven{incarnation});
}

void Ruler::woken(Instant now, Effects& out) {
  now_ = now;
  out_ = &out;
  if (!over_.empty()) return;
  retry_lost();
  if (!loaded_) {
    wake_at_ = now + kRetry;
    return;
  }
  refuse_mutations();
  ping(now);
  if (now >= core_wake_) feed(decision::Woken{});
  if (!controller_.writing() && door_.idle()) {
    history_.settle();
    leaders_node_.settle();
  }
  wake_at_ = next_wake();
}

void Ruler::ping(Instant now) {
  const Duration timeout = config_.controller.membership.control_timeout;
  if (now < next_ping_) return;
  // Who was late itself, by much work or for want of a processor, has not heard anybody meanwhile: that is not their silence.
  const Duration late = now - next_ping_;
  const Duration deaf = late > timeout / kPingsPerTimeout ? late : Duration::zero();
  next_ping_ = now + timeout / kPingsPerTimeout;
  std::vector<StreamId> silent;
  decision::Hearing hearing;
  for (auto& [id, stream] : streams_) {
    if (!stream.open) continue;
    stream.last_heard = std::min(now, stream.last_heard + deaf);
    if (now - stream.last_heard >= timeout) {
      silent.push_back(id);
      continue;
    }
    if (!stream.observer && now - stream.last_heard >= timeout / 2) hearing.quiet.insert(stream.id);
    ask_for_life(id, stream);
  }
  for (StreamId id : silent) {
    out_->push_back(Close{id});
    if (auto lost = forget(id, streams_.at(id).last_heard)) hearing.lost.push_back(*lost);
  }
  if (hearing.lost.empty() && hearing.quiet == quiet_) return;
  quiet_ = hearing.quiet;
  feed(hearing);
}

// The deltas are on the streams by now: they were decided before. A broker handles frames in order, so its answer to a ping sent
// behind them says that it has applied them and told its host.
void Ruler::confirm_applied(BrokerId dead) {
  Applying applying{dead, {}, 0};
  const int64_t nonce = --last_applying_;
  control::Frame frame;
  frame.mutable_ping()->set_nonce(nonce);
  frame.mutable_ping()->set_controller_epoch(config_.epoch.value());
  for (const auto& [id, stream] : streams_) {
    if (!stream.open || stream.observer || stream.id == dead) continue;
    applying.waiting.insert(id);
    send(id, frame);
  }
  timeline_.add(now_, config_.epoch, {dead, "pushed", ""});
  recorder_.pushed(now_, dead);
  if (!applying.waiting.empty()) applying_.emplace(nonce, std::move(applying));
}

void Ruler::heard_applied(StreamId id, int64_t nonce) {
  auto found = applying_.find(nonce);
  if (found == applying_.end() || found->second.waiting.erase(id) == 0) return;
  ++found->second.applied;
  recorder_.applied(now_, found->second.dead, streams_.at(id).id);
  if (all_applied(found->second)) applying_.erase(found);
}

// Who is gone applies nothing: the others alone are waited for.
void Ruler::lost_applying(StreamId id) {
  for (auto at = applying_.begin(); at != applying_.end();) {
    const bool over = at->second.waiting.erase(id) > 0 && all_applied(at->second);
    at = over ? applying_.erase(at) : std::next(at);
  }
}

bool Ruler::all_applied(const Applying& applying) {
  if (!applying.waiting.empty()) return false;
  if (applying.applied > 0) timeline_.add(now_, config_.epoch, {applying.dead, "applied", std::to_string(applying.applied)});
  return true;
}

void Ruler::send(StreamId stream, control::Frame frame) {
  out_->push_back(Send{stream, std::move(frame)});
}

}  // namespace baton::node
