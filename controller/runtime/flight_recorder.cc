#include "controller/runtime/flight_recorder.h"

#include <algorithm>

namespace baton::node {
namespace {

using Stage = control::FailoverMoment;

constexpr ControllerEpoch kFirstEpoch(1);

bool has(const control::FailoverRecord& record, Stage::Stage stage, BrokerId by = BrokerId()) {
  return std::any_of(record.moments().begin(), record.moments().end(), [&](const control::FailoverMoment& moment) {
    return moment.stage() == stage && (by == BrokerId() || moment.broker_id() == by.value());
  });
}

bool is_death_of(const control::FailoverRecord& record, BrokerId id) {
  return record.kind() == control::FailoverRecord::BROKER_DEATH && record.broker_id() == id.value();
}

bool leads_since(const control::FailoverRecord& record, BrokerId id) {
  return std::any_of(record.new_leaders().begin(), record.new_leaders().end(),
                     [&](const control::LedBy& each) { return each.broker_id() == id.value(); });
}

void sort_moments(control::FailoverRecord& record) {
  std::stable_sort(record.mutable_moments()->begin(), record.mutable_moments()->end(),
                   [](const auto& a, const auto& b) { return a.after_us() < b.after_us(); });
}

}  // namespace

FlightRecorder::Kept& FlightRecorder::add(control::FailoverRecord::Kind kind, BrokerId subject, std::string cause, Instant detected) {
  Kept& kept = records_.emplace_back();
  kept.detected = detected;
  control::FailoverRecord& record = kept.record;
  record.set_kind(kind);
  record.set_broker_id(subject.value());
  record.set_cause(std::move(cause));
  record.set_former_controller(-1);
  record.set_controller_id(self_.value());
  record.set_controller_epoch(epoch_.value());
  record.set_detected_wall_us(wall_(detected));
  record.set_first_delta(-1);
  record.set_last_delta(-1);
  changed_ = true;
  ++begun_[kind];
  if (read_) number();
  return kept;
}

// A record that another controller began with is dated by its wall clock alone.
void FlightRecorder::note(Kept* kept, Instant at, Stage::Stage stage, BrokerId by) {
  if (kept == nullptr) return;
  control::FailoverRecord& record = kept->record;
  const bool own = record.controller_epoch() == epoch_.value();
  const int64_t after_us = own ? (at - kept->detected).count() / 1000 : wall_(at) - record.detected_wall_us();
  control::FailoverMoment& moment = *record.add_moments();
  moment.set_stage(stage);
  moment.set_after_us(std::max<int64_t>(0, after_us));
  if (by != BrokerId()) moment.set_broker_id(by.value());
  if (!own) moment.set_controller_epoch(epoch_.value());
  Seen& seen = seen_[{record.kind(), stage}];
  ++seen.count;
  seen.sum_us += moment.after_us();
  changed_ = true;
}

// ---- this rule's election -----------------------------------------------------------------------------------------------

void FlightRecorder::claimed(const ElectionStart& start) {
  // Who has seen no other controller is the first only where there has been none.
  const bool unseen = start.cause == "first" && epoch_ > kFirstEpoch;
  Kept& kept = add(control::FailoverRecord::CONTROLLER_ELECTION, self_, unseen ? "vacancy" : start.cause, start.detected);
  kept.record.set_former_controller(start.former.value());
  note(&kept, start.detected, Stage::DETECTED);
  note(&kept, start.nominated, Stage::NOMINATED);
  note(&kept, start.claimed, Stage::CLAIM_CONFIRMED);
}

void FlightRecorder::loaded(Instant now) {
  for (Kept& kept : records_) {
    const control::FailoverRecord& record = kept.record;
    const bool ours = record.kind() == control::FailoverRecord::CONTROLLER_ELECTION && record.controller_epoch() == epoch_.value();
    if (ours) note(&kept, now, Stage::LOADED);
  }
}

// Whoever was buried under this rule and comes again is not whom its election waited for. A life that only turned out to have
// ended before is no such death: its successor is here.
void FlightRecorder::followed(Instant now, BrokerId broker) {
  const Kept* death = latest(broker);
  if (death != nullptr && death->record.controller_epoch() == epoch_.value() && has(death->record, Stage::DECIDED)) return;
  for (Kept& kept : records_) {
    const control::FailoverRecord& record = kept.record;
    const bool ours = record.kind() == control::FailoverRecord::CONTROLLER_ELECTION && record.controller_epoch() == epoch_.value();
    if (ours && !has(record, Stage::FOLLOWED, broker)) note(&kept, now, Stage::FOLLOWED, broker);
  }
}

// ---- deaths -------------------------------------------------------------------------------------------------------------

FlightRecorder::Kept* FlightRecorder::latest(BrokerId dead) {
  const auto found = std::find_if(records_.rbegin(), records_.rend(), [&](const Kept& kept) { return is_death_of(kept.record, dead); });
  return found == records_.rend() ? nullptr : &*found;
}

FlightRecorder::Kept* FlightRecorder::of(BrokerId dead) {
  Kept* kept = latest(dead);
  return kept == nullptr || has(kept->record, Stage::REMOVED_CONFIRMED) ? nullptr : kept;
}

// A death that a former controller began with: its record, or a new one where that is lost.
FlightRecorder::Kept* FlightRecorder::continued(BrokerId dead) {
  Kept* kept = of(dead);
  return kept != nullptr && kept->record.controller_epoch() != epoch_.value() ? kept : nullptr;
}

void FlightRecorder::milestone(Instant now, const decision::Milestone& milestone) {
  if (milestone.stage == "detected") {
    // Told again where its write was refused, or where the same life is seen once more: one record.
    Kept* open = of(milestone.id);
    if (open != nullptr && open->record.controller_epoch() == epoch_.value() && !has(open->record, Stage::PAGES_CONFIRMED)) return;
    note(&add(control::FailoverRecord::BROKER_DEATH, milestone.id, milestone.detail, now), now, Stage::DETECTED);
  } else if (milestone.stage == "inherited") {
    Kept* kept = continued(milestone.id);
    if (kept == nullptr) kept = &add(control::FailoverRecord::BROKER_DEATH, milestone.id, milestone.detail, now);
    note(kept, now, Stage::INHERITED);
  } else if (milestone.stage == "tombstone_confirmed") {
    note(of(milestone.id), now, Stage::TOMBSTONE_CONFIRMED);
  } else if (milestone.stage == "pages_confirmed") {
    note(of(milestone.id), now, Stage::PAGES_CONFIRMED);
  } else if (milestone.stage == "removed_confirmed") {
    note(of(milestone.id), now, Stage::REMOVED_CONFIRMED);
  }
}

// The core has just said "detected" of each of these, in the same breath; a proof may be older, as a write was under way.
void FlightRecorder::writing(Instant now, const decision::Write& write) {
  for (const decision::Change& change : write.changes) {
    const auto* tombstone = std::get_if<decision::Tombstone>(&change);
    if (tombstone == nullptr) continue;
    Kept* kept = of(tombstone->id);
    if (kept == nullptr || has(kept->record, Stage::DECIDED)) continue;
    const auto proof = proven_.find(tombstone->incarnation);
    if (proof != proven_.end() && proof->second < kept->detected) {
      kept->detected = proof->second;
      kept->record.set_detected_wall_us(wall_(proof->second));
      kept->record.clear_moments();
      note(kept, proof->second, Stage::DETECTED);
    }
    note(kept, now, Stage::DECIDED);
  }
}

void FlightRecorder::succeeded(const decision::Succeeded& count) {
  ++successions_.decisions;
  successions_.unclean += static_cast<uint64_t>(count.unclean);
  Kept* kept = of(count.from);
  if (kept == nullptr) return;  // a planned move, or a leader found for a partition that had none
  control::FailoverRecord& record = kept->record;
  for (const auto& [to, partitions] : count.to) {
    if (to == BrokerId()) {
      record.set_leaderless(record.leaderless() + partitions);
      continue;
    }
    auto at = std::find_if(record.mutable_new_leaders()->begin(), record.mutable_new_leaders()->end(),
                           [&, id = to](const control::LedBy& each) { return each.broker_id() == id.value(); });
    control::LedBy& led = at != record.mutable_new_leaders()->end() ? *at : *record.add_new_leaders();
    led.set_broker_id(to.value());
    led.set_partitions(led.partitions() + partitions);
  }
  untold_.push_back(count.from);
  changed_ = true;
}

void FlightRecorder::told(int64_t delta) {
  for (BrokerId id : untold_) {
    Kept* kept = of(id);
    if (kept == nullptr) continue;
    control::FailoverRecord& record = kept->record;
    if (record.first_delta() < 0 || record.told_epoch() != epoch_.value()) record.set_first_delta(delta);
    record.set_last_delta(delta);
    record.set_told_epoch(epoch_.value());
  }
  untold_.clear();
}

// By the change that brought the roles; after a whole image, by the latest change before it that this broker has not answered.
FlightRecorder::Kept* FlightRecorder::answering(BrokerId by, const control::FirstAcknowledgement& ack) {
  for (auto at = records_.rbegin(); at != records_.rend(); ++at) {
    const control::FailoverRecord& record = at->record;
    if (record.first_delta() < 0 || record.told_epoch() != ack.controller_epoch() || !leads_since(record, by)) continue;
    const bool told_by = record.first_delta() <= ack.delta() && ack.delta() <= record.last_delta();
    const bool told_before = ack.snapshot() && record.first_delta() <= ack.delta() && !has(record, Stage::ACKNOWLEDGED, by);
    if (told_by || told_before) return &*at;
  }
  return nullptr;
}

// One for each new leader, of all its shards the earliest.
void FlightRecorder::acknowledged(Instant now, BrokerId by, const control::FirstAcknowledgement& ack) {
  Kept* kept = answering(by, ack);
  if (kept == nullptr || ack.ago_us() < 0) return;
  note(kept, now - std::chrono::microseconds(ack.ago_us()), Stage::ACKNOWLEDGED, by);
  auto& moments = *kept->record.mutable_moments();
  const int64_t latest = moments.rbegin()->after_us();
  for (int i = 0; i + 1 < moments.size(); ++i) {
    if (moments[i].stage() != Stage::ACKNOWLEDGED || moments[i].broker_id() != by.value()) continue;
    moments[i].set_after_us(std::min(moments[i].after_us(), latest));
    moments.RemoveLast();
    return;
  }
}

// ---- the store ----------------------------------------------------------------------------------------------------------

bool FlightRecorder::read_back(const std::string& stored) {
  control::FailoverHistory history;
  const bool readable = history.ParseFromString(stored);
  if (readable && !read_) {
    for (int i = history.records_size() - 1; i >= 0; --i) records_.push_front({std::move(*history.mutable_records(i)), Instant{}});
  }
  read_ = true;
  number();
  trim();
  return readable;
}

void FlightRecorder::number() {
  int64_t last = 0;
  for (Kept& kept : records_) {
    if (kept.record.id() == 0) kept.record.set_id(last + 1);
    last = kept.record.id();
  }
}

void FlightRecorder::trim() {
  size_t bytes = 0;
  size_t kept = 0;
  for (auto at = records_.rbegin(); at != records_.rend() && kept < limits_.records; ++at, ++kept) {
    bytes += at->record.ByteSizeLong() + 8;
    if (bytes > limits_.bytes) break;
  }
  while (records_.size() > std::max<size_t>(kept, 1)) records_.pop_front();
}

std::optional<std::string> FlightRecorder::to_store() {
  if (!read_ || !changed_) return std::nullopt;
  changed_ = false;
  trim();
  return history(records_.size()).SerializeAsString();
}

control::FailoverHistory FlightRecorder::history(size_t last) const {
  control::FailoverHistory history;
  for (size_t i = records_.size() - std::min(last, records_.size()); i < records_.size(); ++i) {
    *history.add_records() = records_[i].record;
    sort_moments(*history.mutable_records(history.records_size() - 1));
  }
  return history;
}

std::vector<StageFigures> FlightRecorder::figures() const {
  std::map<std::pair<int, int>, std::vector<int64_t>> kept;
  for (const Kept& each : records_) {
    for (const control::FailoverMoment& moment : each.record.moments()) {
      kept[{each.record.kind(), moment.stage()}].push_back(moment.after_us());
    }
  }
  std::vector<StageFigures> all;
  for (auto& [key, times] : kept) {
    std::sort(times.begin(), times.end());
    const auto seen = seen_.find(key);
    const Seen figures = seen == seen_.end() ? Seen() : seen->second;
    all.push_back({static_cast<control::FailoverRecord::Kind>(key.first), static_cast<Stage::Stage>(key.second), figures.count,
                   figures.sum_us, std::move(times)});
  }
  return all;
}

}  // namespace baton::node
