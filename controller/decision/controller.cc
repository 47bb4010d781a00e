#include "controller/decision/controller.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutants.h"

namespace baton::decision {

Decisions Controller::step(Instant now, const Event& event) {
  now_ = now;
  decisions_.clear();
  if (resigned_) return {};
  std::visit([this](const auto& each) { on(each); }, event);
  if (loaded_) advance();
  if (loaded_) tell_moves();
  if (loaded_ && !resigned_) decide(WakeAt{std::max(now_, next_deadline())});
  return std::move(decisions_);
}

bool Controller::visible(TopicId topic) const {
  const auto* record = records_.find(topic);
  return record != nullptr && !(*record)->deleting;
}

void Controller::on(const Loaded& event) {
  loaded_ = true;
  want_sweep();
  members_.load(event, now_);
  pages_ = event.table;
  for (const PageRecord& page : event.pages) pages_.load(page);
  next_producer_id_ = event.next_producer_id;
  orders_ = event.orders;
  candidates_ = event.candidates;
  level_.load(event.metadata_version, event.topics.empty() && event.pages.empty() && event.table.size() == 0);
  for (const auto& [id, epoch] : orders_.leaving) members_.set_leaving(id, epoch);
  settling_until_ = now_ + config_.membership.control_timeout;
  check_balance_at_ = now_ + config_.balance.check_interval;
  plan_by(now_ + config_.balance.delay);
  take_broker_configs(event.broker_configs);
  for (const TopicRecord& topic : event.topics) {
    records_[topic.id] = &(topics_[topic.name] = topic);
    names_[topic.id] = topic.name;
    if (topic.deleting) unfinished_deletions_.push_back(topic.name);
  }
  std::set<TopicId> seen;
  PartitionKey last;
  bool committed = false;
  bool shown = false;
  pages_.each([&](const PartitionKey& key, const PageTable::Slot&) {
    if (pages_.beside(key)) note_reassignment(pages_.find(key)->record);
    if (key.topic != last.topic || key.topic == TopicId()) {
      last = key;
      committed = names_.contains(key.topic);
      shown = committed && visible(key.topic);
    }
    if (committed) {
      if (shown && !visible(key)) never_committed_.push_back(key);
    } else if (seen.insert(key.topic).second) {
      orphans_.push_back(key.topic);
    }
  });
  leftovers_ = !(orphans_.empty() && never_committed_.empty() && unfinished_deletions_.empty());
  inherit_deaths();
}

// Former lives whose roles still stand in the pages: what another controller had begun with is ended, and told, by this one.
void Controller::inherit_deaths() {
  for (const auto& [id, roles] : pages_.roles()) {
    const Registration* registration = members_.registration(id);
    const bool begun = registration != nullptr && (registration->life != Life::kLive || (members_.live(id) && !members_.ready(id)));
    if (!begun) continue;
    unswept_.insert(id);
    decide(Milestone{id, "inherited", members_.how_known(id)});
  }
}

void Controller::on(const BrokerSeen& event) {
  const Registration* before = members_.registration(event.registration.id);
  const bool reborn = before != nullptr && before->incarnation != event.registration.incarnation && before->life == Life::kLive;
  const BrokerId id = event.registration.id;
  members_.see(event, now_);
  want_sweep_of(id);
  if (reborn && event.registration.life == Life::kLive) {
    decide(Milestone{id, "detected", "registration"});
    unswept_.insert(id);
    gate_.died(id, now_);
    slow_.forget(id);
  }
  publish_broker(id);
}

void Controller::publish_broker(BrokerId id) {
  if (members_.registration(id) == nullptr) return;
  Publish publish;
  publish.brokers.push_back(id);
  decide(std::move(publish));
}

void Controller::on(const StreamOpened& event) {
  members_.stream_opened(event);
  want_sweep_of(event.id);
  plan_by(now_ + config_.balance.delay);
  publish_broker(event.id);
}

void Controller::on(const StreamLost& event) {
  members_.stream_lost(event);
  // Who is heard no longer leads as before, and makes nobody else able to lead: only a hand-over may have to look for another successor.
  // A pass over all partitions at this moment would delay the proof of death that often comes right behind.
  if (!words_.empty()) want_sweep_of(event.id);
  publish_broker(event.id);
}

void Controller::on(const Hearing& event) {
  members_.hears_little_of(event.quiet);
  for (const StreamLost& each : event.lost) on(each);
}

void Controller::on(const DeathProven& event) {
  members_.death_proven(event.incarnation);
  for (BrokerId id : members_.ids()) {
    if (members_.registration(id)->incarnation == event.incarnation || members_.registration(id)->predecessor == event.incarnation) {
      want_sweep_of(id);
    }
  }
}

void Controller::on(const IsrRequested& event) {
  if (BATON_MUTANT(refusal_while_write_unresolved) && !in_flight_.empty()) {
    std::map<PartitionKey, PartitionRecord> granted;
    std::vector<Reply> refusals;
    if (evaluate_isr_request(event, granted, refusals) && granted.empty()) {
      for (Reply& refusal : refusals) decide(std::move(refusal));
      return;
    }
  }
  isr_requests_.push_back(event);
}

void Controller::on(const OwnWord& event) {
  if (asker_epoch(event.id) != event.epoch && !BATON_MUTANT(broker_epoch_ignored)) return;
  for (const OwnWord::Stopped& stopped : event.partitions) {
    const auto entry = pages_.find(stopped.key);
    if (!entry || entry->record.leader != event.id || entry->record.leader_epoch != stopped.leader_epoch) continue;
    auto [word, fresh] = words_.try_emplace(stopped.key);
    if (fresh || word->second.leader_epoch != stopped.leader_epoch) word->second.overdue_at = now_ + config_.catch_up_wait;
    word->second.leader_epoch = stopped.leader_epoch;
    word->second.end_offset = stopped.end_offset;
    word->second.caught_up = stopped.caught_up;
    word->second.refused = stopped.dirty;
    if (stopped.dirty) {
      members_.refused({stopped.key, stopped.last_epoch, stopped.end_offset, true}, event.id, entry->record.unclean);
    }
    want_sweep_of(event.id);
  }
}

// Stored before it is answered, and so before the broker gives any word: the next controller knows of it whatever happens to this one,
// and the hand-over itself waits for no write of an order. Who has nothing to hand over goes at once; who asks a second time found the
// store slow, and is not kept waiting for it: it says itself that it leaves, on every stream.
void Controller::on(const LeavingRequested& event) {
  members_.set_leaving(event.id, event.epoch);
  // Where nobody is left to take over (a whole cluster that stops), waiting would not help.
  auto has_heir = [this](const PartitionRecord& record) {
    return std::any_of(record.replicas.begin(), record.replicas.end(), [this](BrokerId id) { return members_.electable(id); });
  };
  int32_t to_hand_over = 0;
  pages_.each([&](const PartitionKey& key, const PageTable::Slot& slot) {
    const bool may_lead = pages_.beside(key) || (slot.leader != 0 && pages_.broker(slot.replicas[slot.leader - 1u]) == event.id);
    if (!may_lead) return;
    const PartitionRecord record = pages_.record(key, slot);
    to_hand_over += record.leader == event.id && has_heir(record);
  });
  Reply reply{event.request, Leaving{to_hand_over}};
  auto notes = [&event](const Orders& orders) {
    auto noted = orders.leaving.find(event.id);
    return noted != orders.leaving.end() && noted->second == event.epoch;
  };
  bool noted = notes(orders_) || (proposed_orders_ && notes(*proposed_orders_));
  for (const InFlight& flight : in_flight_) {
    for (const Change& change : flight.write.changes) {
      if (const auto* orders = std::get_if<PutOrders>(&change)) noted |= notes(orders->orders);
    }
  }
  if (to_hand_over == 0 || noted || asker_epoch(event.id) != event.epoch) return decide(std::move(reply));
  propose_orders().leaving[event.id] = event.epoch;
  order_replies_.push_back(std::move(reply));
}

void Controller::on(const Woken&) {
  if (now_ >= swept_until_) want_sweep();
  moves_.give_up(now_);
  if (Orders left = orders_; left.expire(now_)) propose_orders().expire(now_);
}

void Controller::advance() {
  look_at_level();
  if (may_send_next_part()) return send_next_part();
  if (!in_flight_.empty()) return;
  const bool pages_first = BATON_MUTANT(pages_before_removal_confirmed) || BATON_MUTANT(deaths_one_by_one);
  if (pages_first && change_partitions()) return;
  if (bury() || resigned_) return;
  if (change_partitions()) return;
  if (mark_removed()) return;
  if (put_orders()) return;
  if (raise_level()) return;
  if (delete_topics()) return;
  if (create_topics()) return;
  if (grow_topics()) return;
  if (change_configs()) return;
  if (allocate_producer_ids()) return;
  if (now_ < std::min(plan_at_, check_balance_at_)) return;
  plan();
  if (!reassign_requests_.empty()) change_partitions();
}

bool Controller::bury() {
  if (members_.must_resign(now_)) {
    resigned_ = true;
    decide(Resign{"no control stream to more than half of the registered brokers: this controller is cut off, not they"});
    return false;
  }
  InFlight flight;
  for (const Tombstone& tombstone : members_.due_tombstones(now_)) {
    decide(Milestone{tombstone.id, "detected", tombstone.life == Life::kTombstoneProven ? "proof" : "silence"});
    flight.write.changes.emplace_back(tombstone);
    if (BATON_MUTANT(deaths_one_by_one)) break;
  }
  if (flight.write.changes.empty()) return false;
  send(std::move(flight));
  return true;
}

bool Controller::change_partitions() {
  std::map<PartitionKey, PartitionRecord> changed;
  InFlight flight;
  std::vector<RowChange> rows;
  if (sweep_.due) sweep(changed, rows);
  std::map<int32_t, PutPage> pages;
  if (rows.empty()) {
    answer_isr_requests(changed, flight.replies);
    answer_reassignments(changed, flight.replies);
    finish_reassignments(changed);
  } else {
    put_rows(std::move(rows), pages);  // and who asks about one of these waits for the next write
    flight.part_of_pass = true;
  }
  put_records(changed, pages);
  for (auto& [number, each] : pages) flight.write.changes.emplace_back(std::move(each));
  if (flight.write.changes.empty()) {
    for (Reply& reply : flight.replies) decide(std::move(reply));
    report_swept();
    return false;
  }
  send(std::move(flight));
  return true;
}

// An end of 0 was reached by everybody: its leader never acted at that epoch.
std::optional<GivenWord> Controller::word_on(const PartitionRecord& record) const {
  auto word = words_.find(record.key);
  if (word == words_.end() || word->second.leader_epoch != record.leader_epoch) return std::nullopt;
  GivenWord given;
  given.overdue = now_ >= word->second.overdue_at;
  given.refused = word->second.refused;
  if (const PlannedMove* move = moves_.of(record)) given.wanted = move->to;
  if (word->second.end_offset == 0 || BATON_MUTANT(word_end_ignored)) {
    given.caught_up = record.replicas;
    return given;
  }
  for (const IsrMember& member : word->second.caught_up) {
    if (members_.member_epoch(member.id) == member.epoch) given.caught_up.push_back(member.id);
  }
  return given;
}

Instant Controller::sweep_deadline() const {
  Instant next = members_.next_deadline(now_);
  for (const auto& [key, word] : words_) {
    if (word.overdue_at > now_) next = std::min(next, word.overdue_at);
  }
  return next;
}

// What is past is due already: the next confirmation or event takes it up.
Instant Controller::next_deadline() const {
  if (may_send_next_part()) return now_;
  Instant next = sweep_deadline();
  for (Instant at :
       {moves_.next_deadline(), orders_.next_deadline(), plan_at_, check_balance_at_, settling_until_, level_.next_deadline()}) {
    if (at > now_) next = std::min(next, at);
  }
  return next;
}

void Controller::answer_isr_requests(std::map<PartitionKey, PartitionRecord>& changed, std::vector<Reply>& replies) {
  std::deque<IsrRequested> later;
  while (!isr_requests_.empty()) {
    IsrRequested request = std::move(isr_requests_.front());
    isr_requests_.pop_front();
    if (!evaluate_isr_request(request, changed, replies)) later.push_back(std::move(request));
  }
  isr_requests_ = std::move(later);
}

// False: one of its partitions changes in the write that is being made, so the answer has to wait for its outcome.
bool Controller::evaluate_isr_request(const IsrRequested& request, std::map<PartitionKey, PartitionRecord>& changed,
                                      std::vector<Reply>& replies) {
  if (asker_epoch(request.asker) != request.asker_epoch && !BATON_MUTANT(broker_epoch_ignored)) {
    replies.push_back({request.request, ErrorCode::kStaleBrokerEpoch});
    return true;
  }
  for (const IsrChange& change : request.changes) {
    if (changed.contains(change.key)) return false;
  }
  std::vector<IsrOutcome> outcomes;
  for (const IsrChange& change : request.changes) {
    IsrOutcome outcome{change.key, ErrorCode::kNone, std::nullopt};
    const auto entry = pages_.find(change.key);
    if (!entry) {
      outcome.error = ErrorCode::kUnknownTopicId;
    } else {
      // Who is on its way out stays as long as it likes, but does not enter.
      auto epoch_of = [this, &isr = entry->record.isr](BrokerId id) {
        return contains(isr, id) ? asker_epoch(id) : members_.member_epoch(id);
      };
      auto record = change_isr(entry->record, minimum_for(change.key.topic), request.asker, change, epoch_of);
      if (record) {
        outcome.record = *record;
        changed[change.key] = *record;
      } else {
        outcome.error = record.error().code;
      }
    }
    outcomes.push_back(std::move(outcome));
  }
  replies.push_back({request.request, std::move(outcomes)});
  return true;
}

bool Controller::mark_removed() {
  InFlight flight;
  for (const PutMark& mark : members_.due_marks(now_, pages_.roles())) flight.write.changes.emplace_back(mark);
  if (flight.write.changes.empty()) return false;
  send(std::move(flight));
  return true;
}

bool Controller::allocate_producer_ids() {
  if (producer_id_requests_.empty()) return false;
  InFlight flight;
  int64_t next = next_producer_id_;
  for (RequestId request : producer_id_requests_) {
    flight.replies.push_back({request, ProducerIds{next, config_.producer_id_block}});
    flight.refused.push_back({request, ErrorCode::kNotController});
    next += config_.producer_id_block;
  }
  producer_id_requests_.clear();
  flight.write.changes.emplace_back(PutProducerIds{next});
  send(std::move(flight));
  return true;
}

void Controller::send(InFlight flight) {
  if (BATON_MUTANT(decision_sent_before_confirmed)) {
    Publish early;
    for (const Change& change : flight.write.changes) {
      const auto* page = std::get_if<PutPage>(&change);
      if (page == nullptr) continue;
      for (const PutPage::Upsert& upsert : page->partitions) {
        if (pages_.page_of(upsert.partition.key) >= 0) early.partitions.push_back(upsert.partition);
      }
      early.rows.insert(early.rows.end(), page->rows.begin(), page->rows.end());
    }
    if (!early.partitions.empty() || !early.rows.empty()) decide(std::move(early));
  }
  decide(flight.write);
  in_flight_.push_back(std::move(flight));
}

int32_t Controller::minimum_for(TopicId topic) const {
  const auto* record = records_.find(topic);
  return record == nullptr ? config_.default_min_insync_replicas : (*record)->min_insync_replicas;
}

// A broker on its way out may still ask; one whose predecessor is not removed, or that is dead, may not.
BrokerEpoch Controller::asker_epoch(BrokerId id) const {
  return members_.ready(id) ? members_.registration(id)->epoch : BrokerEpoch();
}

void Controller::report_swept() {
  for (auto id = unswept_.begin(); id != unswept_.end();) {
    if (pages_.roles_of(*id) > 0) {
      ++id;
      continue;
    }
    decide(Milestone{*id, "pages_confirmed", ""});
    id = unswept_.erase(id);
  }
}

}  // namespace baton::decision
