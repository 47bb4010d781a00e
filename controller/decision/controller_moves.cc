// Planned moves: leaderships that change hands although nobody died (R4.2).
#include <fmt/format.h>

#include <algorithm>

#include <utility>
#include "base/mutants.h"

#include "controller/decision/controller.h"
#include "controller/decision/explain.h"
#include "controller/decision/leader_change.h"
#include "controller/decision/policy_named.h"
#include "controller/decision/policy_preferred.h"
#include "controller/decision/policy_unclean.h"
#include "controller/decision/what_if.h"

namespace baton::decision {

StandingOf Controller::standing_of(const PartitionKey& key) const {
  return [this, key](BrokerId id) { return standing(key, id); };
}

// A move that comes with an order begins when the order stands.
void Controller::on(const MoveRequested& event) {
  if (order_with(event)) {
    ordered_moves_.push_back(event);
  } else {
    begin_moves(event);
  }
}

void Controller::begin_moves(const MoveRequested& event) {
  std::vector<MoveOutcome> outcomes;
  std::vector<PartitionKey> waits_for;
  for (const PartitionKey& key : moved_by(event, outcomes)) {
    const PartitionRecord record = pages_.find(key)->record;
    auto outcome = begin_move(event, record);
    if (!outcome) {
      outcome.emplace();
      waits_for.push_back(key);
    } else if (event.all && outcome->error.code == ErrorCode::kElectionNotNeeded) {
      continue;
    }
    outcome->key = key;
    outcome->topic = names_.at(key.topic);
    outcome->partition = key.index;
    outcomes.push_back(std::move(*outcome));
  }
  moves_.wait(event.request, std::move(outcomes), std::move(waits_for));
}

std::vector<PartitionKey> Controller::moved_by(const MoveRequested& request, std::vector<MoveOutcome>& unknown) const {
  std::vector<PartitionKey> keys;
  if (request.all) {
    pages_.each([&](const PartitionKey& key, const PageTable::Slot&) {
      if (visible(key)) keys.push_back(key);
    });
    return keys;
  }
  for (const PartitionChoice& choice : request.partitions) {
    auto topic = topics_.find(choice.topic);
    const bool known = topic != topics_.end() && visible(PartitionKey{topic->second.id, choice.index}) && choice.index >= 0;
    if (known) {
      keys.push_back({topic->second.id, choice.index});
    } else {
      unknown.push_back(
          {{{}, choice.index},
           choice.topic,
           choice.index,
           {ErrorCode::kUnknownTopicOrPartition, fmt::format("There is no partition {} of topic '{}'.", choice.index, choice.topic)},
           {},
           {}});
    }
  }
  return keys;
}

std::optional<MoveOutcome> Controller::begin_move(const MoveRequested& request, const PartitionRecord& record) {
  using Kind = MoveRequested::Kind;
  const StandingOf standing = standing_of(record.key);
  auto known = [&record](const Error& error) {
    MoveOutcome outcome;
    outcome.error = error;
    outcome.leader = record.leader;
    outcome.leader_epoch = record.leader_epoch;
    return outcome;
  };
  // One that is on the move already is waited for.
  if (moves_.of(record) != nullptr) return std::nullopt;
  MoveCause cause = MoveCause::kStepDown;
  Result<BrokerId> to = BrokerId();
  switch (request.kind) {
    case Kind::kPreferred:
      cause = MoveCause::kPreferred;
      to = preferred_target(record, standing);
      break;
    case Kind::kNamed:
      cause = MoveCause::kNamed;
      to = named_target(record, request.to, standing);
      break;
    case Kind::kStepDown:
      if (Status possible = check_step_down(record, standing); !possible) to = tl::unexpected(possible.error());
      break;
    case Kind::kUnclean:
      cause = MoveCause::kUnclean;
      to = allow_unclean(record);
      break;
  }
  if (!to) return known(to.error());
  moves_.begin(record, *to, cause, now_ + config_.move_timeout);
  if (BATON_MUTANT(move_without_word)) {
    words_[record.key] = {record.leader_epoch, 0, {}, false, now_ + config_.catch_up_wait};
    want_sweep();
  }
  return std::nullopt;
}

// Succession decides, at the next sweep: a clean heir goes first even now.
Result<BrokerId> Controller::allow_unclean(const PartitionRecord& record) {
  if (record.leader != BrokerId()) return fail(ErrorCode::kElectionNotNeeded, "The partition has a leader.");
  if (!unclean_leader(record, standing_of(record.key))) return fail(ErrorCode::kEligibleLeadersNotAvailable, "No replica is alive.");
  unclean_once_.insert(record.key);
  want_sweep();
  return BrokerId();
}

Orders& Controller::propose_orders() {
  if (!proposed_orders_) proposed_orders_ = orders_;
  return *proposed_orders_;
}

// The order that goes with the request, for each partition where it can be followed. False: there is none.
bool Controller::order_with(const MoveRequested& request) {
  std::vector<MoveOutcome> unknown;
  bool any = false;
  for (const PartitionKey& key : moved_by(request, unknown)) {
    const PartitionRecord record = pages_.find(key)->record;
    const StandingOf standing = standing_of(key);
    const Instant until = request.lasting == Duration() ? Instant::never() : now_ + request.lasting;
    if (request.kind == MoveRequested::Kind::kPreferred) {
      const Orders& orders = proposed_orders_ ? *proposed_orders_ : orders_;
      if (!orders.holds.contains(key) && !orders.bars.contains(key)) continue;
      propose_orders().holds.erase(key);
      propose_orders().bars.erase(key);
    } else if (request.kind == MoveRequested::Kind::kNamed) {
      auto target = named_target(record, request.to, standing);
      if (!target && target.error().code != ErrorCode::kElectionNotNeeded) continue;
      propose_orders().bars.erase(key);
      propose_orders().holds[key] = {request.to, until};
    } else if (request.kind == MoveRequested::Kind::kStepDown && request.lasting != Duration() && check_step_down(record, standing)) {
      propose_orders().holds.erase(key);
      propose_orders().bars[key] = {record.leader, until};
    } else {
      continue;
    }
    any = true;
  }
  return any;
}

void Controller::on(const BrokerOrdered& event) {
  if (members_.registration(event.id) == nullptr && !orders_.brokers.contains(event.id)) {
    decide(Reply{event.request, ErrorCode::kBrokerIdNotRegistered});
    return;
  }
  if (event.order == BrokerOrder::kNone) {
    propose_orders().brokers.erase(event.id);
  } else {
    propose_orders().brokers[event.id] = event.order;
  }
  order_replies_.push_back({event.request, ErrorCode::kNone});
}

void Controller::on(const WhatIfRequested& event) {
  const WhatIfInput input{pages_, [this](const PartitionKey& key, BrokerId id) { return standing_of(key)(id); },
                          [this](TopicId topic) { return visible(topic); }, [this](TopicId topic) { return minimum_for(topic); },
                          config_.commit_flush_policy};
  std::vector<PartitionFate> fates;
  for (Fate& fate : what_if_dead(input, event.dead)) {
    std::string topic = names_.at(fate.before.key.topic);
    fates.push_back({std::move(topic), std::move(fate)});
  }
  decide(Reply{event.request, std::move(fates)});
}

void Controller::on(const ExplainRequested& event) {
  const PartitionKey key = key_of(event.partition);
  const auto entry = pages_.find(key);
  if (!entry) return decide(Reply{event.request, ErrorCode::kUnknownTopicOrPartition});
  Explanation told{entry->record, minimum_for(key.topic), {}, describe_order(entry->record, orders_, now_)};
  told.replicas = explain_replicas(entry->record, members_, orders_, standing_of(key), now_);
  decide(Reply{event.request, std::move(told)});
}

// Before it is applied: what it is told from is forgotten then.
void Controller::note_change(const PartitionRecord* former, const PartitionRecord& record, Publish& publish) const {
  if (publish.changes.size() >= Publish::kChangesMax || !names_.contains(record.key.topic)) return;
  ChangeInput input{former, record, nullptr, false, false, {}};
  if (former != nullptr) {
    auto word = words_.find(record.key);
    input.move = moves_.of(*former);
    input.word = word != words_.end() && word->second.leader_epoch == former->leader_epoch;
    input.refused = input.word && word->second.refused;
    input.how_known = members_.how_known(former->leader);
  }
  if (auto cause = cause_of_change(input)) {
    publish.changes.push_back(
        {record.key, record.leader_epoch, record.leader, former == nullptr ? BrokerId() : former->leader, std::move(*cause)});
  }
}

bool Controller::put_orders() {
  if (!proposed_orders_ && order_replies_.empty() && ordered_moves_.empty()) return false;
  InFlight flight;
  flight.replies = std::exchange(order_replies_, {});
  flight.moves = std::exchange(ordered_moves_, {});
  Orders wanted = proposed_orders_ ? *std::exchange(proposed_orders_, std::nullopt) : orders_;
  // Of lives that are over nothing needs to be remembered; no write is made for that alone.
  if (wanted != orders_) std::erase_if(wanted.leaving, [this](const auto& each) { return asker_epoch(each.first) != each.second; });
  if (wanted == orders_) {
    for (Reply& reply : flight.replies) decide(std::move(reply));
    for (const MoveRequested& request : flight.moves) begin_moves(request);
    return false;
  }
  flight.write.changes.emplace_back(PutOrders{wanted});
  send(std::move(flight));
  return true;
}

std::vector<BrokerId> Controller::electable_brokers() const {
  std::vector<BrokerId> electable = members_.ids();
  std::erase_if(electable, [this](BrokerId id) { return !members_.electable(id); });
  return electable;
}

void Controller::on(const LoadReported& event) {
  if (asker_epoch(event.id) != event.epoch) return;
  loads_.note(event.partitions, now_);
  if (slow_.note(event.id, event.shard, event.append, now_)) plan_by(now_);
}

void Controller::plan() {
  const bool periodic = now_ >= check_balance_at_;
  if (periodic) check_balance_at_ = now_ + config_.balance.check_interval;
  plan_at_ = config_.balance.automatic ? gate_.next_opening(now_) : Instant::never();
  evacuate();
  if (moves_.under_way() >= config_.balance.at_once) return;  // looked over again when they have ended
  const PlanInput input{pages_,
                        orders_,
                        gate_,
                        config_.balance,
                        [this](const PartitionKey& key, BrokerId id) { return standing_of(key)(id); },
                        [this](TopicId topic) { return minimum_for(topic); },
                        [this](const PartitionKey& key) { return loads_.load(key, now_); },
                        electable_brokers(),
                        now_,
                        periodic};
  if (periodic) loads_.forget_old(now_);
  for (const MoveWish& wish : plan_moves(input)) {
    moves_.begin(pages_.find(wish.key)->record, wish.to, wish.cause, now_ + config_.move_timeout);
  }
}

// Moves that came to nothing are not tried again at once; those that did make room for the next.
void Controller::tell_moves() {
  if (const auto ended = moves_.take_ended(); ended.failed > 0) {
    plan_backoff_ = std::clamp(plan_backoff_ * 2, Duration(std::chrono::seconds(1)), config_.balance.check_interval);
    plan_by(now_ + plan_backoff_);
  } else if (ended.done > 0) {
    plan_backoff_ = Duration();
    if (moves_.under_way() == 0) plan_by(now_);
  }
  for (AskToYield& question : moves_.take_questions()) decide(std::move(question));
  for (Reply& reply : moves_.take_replies()) decide(std::move(reply));
}

}  // namespace baton::decision
