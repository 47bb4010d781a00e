#include "tests/simulation/workload.h"

#include "controller/coordination/paths.h"
#include "partitions/log/record_batch.h"

namespace baton::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

template <class Visit>
void for_each_record(std::string_view bytes, Visit&& visit) {
  BatchIterator batches(bytes);
  while (auto batch = batches.next()) {
    RecordIterator records(*batch);
    while (auto record = records.next()) visit(record->offset, std::string_view(*record->value));
  }
}

}  // namespace

void Workload::start() {
  for (int partition = 0; partition < partitions_; ++partition) {
    producers_.push_back({partition, -1, 1000 + partition, 0, 0, false, 0});
    producers_.push_back({partition, 1, -1, 0, 0, false, 0});
    consumers_.push_back({partition, 0});
  }
  for (size_t i = 0; i < producers_.size(); ++i) produce(i);
  for (size_t i = 0; i < consumers_.size(); ++i) consume(i);
}

bool Workload::drained() const {
  for (const Producer& producer : producers_) {
    if (producer.acks == -1 && producer.under_way) return false;
  }
  return true;
}

DataBroker* Workload::broker(int id) {
  return cluster_.process(id).alive() ? static_cast<DataBroker*>(cluster_.process(id).host()) : nullptr;
}

std::optional<Workload::Key> Workload::key_of(int partition) {
  const auto* node = cluster_.store->tree().find(paths::topic("t"));
  control::TopicEntry entry;
  if (node == nullptr || !entry.ParseFromString(node->data)) return std::nullopt;
  return Key{TopicId(Uuid::from_bytes(entry.topic_id())), partition};
}

// Mostly what metadata would say, sometimes anybody: clients are out of date.
int Workload::guess_leader(int partition) {
  const control::Partition* state = cluster_.partition("t", partition);
  if (state == nullptr || state->leader() == -1 || random_.chance(0.2))
    return 1 + static_cast<int>(random_.below(cluster_.options.brokers));
  return state->leader();
}

void Workload::produce(size_t index) {
  Producer& producer = producers_[index];
  if (!producer.under_way) {
    if (stopped_) return;
    producer.under_way = true;
    producer.value = ++next_value_;
  }
  attempt(index);
}

void Workload::attempt(size_t index) {
  Producer& producer = producers_[index];
  const uint64_t number = ++producer.attempt;
  auto key = key_of(producer.partition);
  const int to = guess_leader(producer.partition);
  if (key) {
    RecordBatchBuilder builder;
    if (producer.acks == -1) builder.producer(producer.id, 0, producer.sequence);
    builder.add(1'700'000'000'000, std::nullopt, std::to_string(producer.value));
    cluster_.scheduler.after(
        microseconds(50 + random_.below(300)), [this, index, number, to, key = *key, batch = builder.build(), acks = producer.acks] {
          if (!cluster_.process(to).alive()) return;
          cluster_.process(to).run([this, index, number, to, key, batch, acks] {
            if (DataBroker* leader = broker(to)) {
              leader->produce(key, batch, acks,
                              [this, index, number, to](DataBroker::Acknowledgement answer) { acknowledged(index, number, to, answer); });
            }
          });
        });
  }
  // No answer: asked again, and what was sent may still arrive.
  cluster_.scheduler.after(milliseconds(120), [this, index, number] {
    if (producers_[index].attempt == number && producers_[index].under_way) produce(index);
  });
}

void Workload::acknowledged(size_t index, uint64_t number, int from, DataBroker::Acknowledgement answer) {
  Producer& producer = producers_[index];
  if (answer.error == ErrorCode::kNone && producer.attempt == number) check_acknowledgement(producer, from, answer);
  if (producer.attempt != number || !producer.under_way) return;
  const bool ok = answer.error == ErrorCode::kNone;
  if (ok) {
    ++acknowledged_;
    if (producer.acks == -1) {
      promised_[producer.partition][answer.base_offset] = std::to_string(producer.value);
      ++producer.sequence;
    }
    producer.under_way = false;
  } else if (producer.acks != -1) {
    producer.under_way = false;
  }
  ++producer.attempt;
  cluster_.scheduler.after(ok ? microseconds(500 + random_.below(4000)) : microseconds(8000), [this, index, next = producer.attempt] {
    if (producers_[index].attempt == next) produce(index);
  });
}

void Workload::check_acknowledgement(const Producer& producer, int from, const DataBroker::Acknowledgement& answer) {
  const Instant now = cluster_.scheduler.now();
  auto where = [&] { return fmt::format("t-{} offset {} by {} at acks {}", producer.partition, answer.base_offset, from, producer.acks); };
  if (producer.acks != -1 || answer.isr_was_alone) {
    cluster_.invariants.check("LeaseHeld", cluster_.host(from).lease_until() > now, now, where);
  }
  const control::Partition* stored = cluster_.partition("t", producer.partition);
  auto key = key_of(producer.partition);
  if (producer.acks != -1 || stored == nullptr || !key) return;
  auto promised = promised_[producer.partition].find(answer.base_offset);
  cluster_.invariants.check("OffsetAssignedOnce",
                            promised == promised_[producer.partition].end() || promised->second == std::to_string(producer.value), now,
                            where);
  const std::string value = std::to_string(producer.value);
  cluster_.invariants.check("NoCommittedRecordLost", ledger_.gave_up(*key) || ledger_.committed(*key, answer.base_offset, value), now,
                            where);
  // A deposed leader's acknowledgement stands in its successor's log.
  if (stored->leader_epoch() <= answer.leader_epoch.value() || stored->leader() == -1 || ledger_.gave_up(*key)) return;
  DataBroker* next = broker(stored->leader());
  Replica* heir = next == nullptr ? nullptr : next->replica(*key);
  if (heir == nullptr || !heir->has_log() || heir->failed() || heir->dirty()) return;
  ledger_.changed(stored->leader(), *key, *heir);
  cluster_.invariants.check("FencedLeaderNeverCommits", ledger_.holds(stored->leader(), *key, answer.base_offset, value), now, where);
}

void Workload::consume(size_t index) {
  Consumer& consumer = consumers_[index];
  const int from = guess_leader(consumer.partition);
  auto key = key_of(consumer.partition);
  DataBroker* leader = cluster_.process(from).running() ? broker(from) : nullptr;
  if (leader != nullptr && key) {
    FetchOutcome outcome = leader->consume(*key, consumer.offset);
    if (outcome.error == ErrorCode::kNone) {
      const Replica& replica = *leader->replica(*key);
      // A new leader may not know yet how much of the former epochs is committed; once it does, it shows no less than was seen.
      if (replica.leader_state()->high_watermark_is_current()) {
        check_visible(consumer, from, replica, outcome.high_watermark >= consumer.offset);
      }
      const std::string bytes = copy_ranges(outcome.slice.ranges).value_or(std::string());
      for_each_record(bytes, [&](int64_t offset, std::string_view value) {
        if (offset < consumer.offset) return;
        auto [at, fresh] = seen_[consumer.partition].try_emplace(offset, value);
        cluster_.invariants.check("ReadsAreStable", fresh || at->second == value, cluster_.scheduler.now(),
                                  [&] { return fmt::format("t-{} offset {}: {} then {}", consumer.partition, offset, at->second, value); });
        consumer.offset = offset + 1;
      });
    } else if (outcome.error == ErrorCode::kOffsetOutOfRange) {
      check_visible(consumer, from, *leader->replica(*key), false);
    }
  }
  if (random_.chance(0.02)) consumer.offset = 0;
  cluster_.scheduler.after(milliseconds(5 + random_.below(10)), [this, index] { consume(index); });
}

// A former leader that has not heard of its end may be behind; the one that the store names may not.
void Workload::check_visible(const Consumer& consumer, int from, const Replica& replica, bool visible) {
  const control::Partition* state = cluster_.partition("t", consumer.partition);
  if (state == nullptr || state->leader() != from || replica.leadership().state.leader_epoch.value() != state->leader_epoch()) return;
  cluster_.invariants.check("VisibleHighWatermarkGrows", visible || state->unclean(), cluster_.scheduler.now(), [&] {
    return fmt::format("t-{} offset {} was visible and is out of range at {}", consumer.partition, consumer.offset, from);
  });
}

// LeaderCompleteness: whoever is elected cleanly holds every acknowledged record.
void Workload::leader_elected(int id, const control::Role& role) {
  if (role.topic() != "t") return;
  // A process that was stopped takes up old words when it resumes; it leads nothing by them.
  const control::Partition* stored = cluster_.partition("t", role.state().index());
  if (role.state().unclean() || stored == nullptr || stored->leader_epoch() != role.state().leader_epoch()) return;
  auto key = key_of(role.state().index());
  DataBroker* leader = broker(id);
  Replica* replica = leader == nullptr || !key ? nullptr : leader->replica(*key);
  if (replica == nullptr || replica->role() != ReplicaRole::kLeader) return;
  ledger_.changed(id, *key, *replica);
  ledger_.check_leader(id, *key);
  for (const auto& [offset, value] : promised_[role.state().index()]) {
    cluster_.invariants.check("LeaderCompleteness", ledger_.holds(id, *key, offset, value), cluster_.scheduler.now(), [&, offset = offset] {
      return fmt::format("{} leads t-{} without offset {}", id, role.state().index(), offset);
    });
  }
}

void Workload::check_replicas() {
  for (int partition = 0; partition < partitions_; ++partition) {
    auto key = key_of(partition);
    if (!key) return;
    for (int id = 1; id <= cluster_.options.brokers; ++id) {
      DataBroker* each = broker(id);
      Replica* replica = each == nullptr ? nullptr : each->replica(*key);
      if (replica != nullptr && replica->has_log() && !replica->failed()) ledger_.compare(id, *key, *replica);
    }
  }
}

void Workload::check_final() {
  check_replicas();
  for (int partition = 0; partition < partitions_; ++partition) {
    auto key = key_of(partition);
    const control::Partition* state = cluster_.partition("t", partition);
    Replica* leader =
        state == nullptr || state->leader() == -1 || broker(state->leader()) == nullptr ? nullptr : broker(state->leader())->replica(*key);
    if (leader == nullptr) continue;
    const auto held = records_of(*leader, 0, leader->log().end_offset());
    std::map<std::string, int> times;
    for (const auto& [offset, value] : held) ++times[value];
    for (const auto& [offset, value] : promised_[partition]) {
      auto found = held.find(offset);
      cluster_.invariants.check("NoCommittedRecordLost", found != held.end() && found->second == value, cluster_.scheduler.now(),
                                [&, o = offset, v = value] { return fmt::format("t-{} offset {} value {}", partition, o, v); });
      cluster_.invariants.check("NoDuplicate", times[value] == 1, cluster_.scheduler.now(),
                                [&, v = value] { return fmt::format("t-{} value {} stands {} times", partition, v, times[v]); });
    }
    for (const auto& [offset, value] : seen_[partition]) {
      auto found = held.find(offset);
      cluster_.invariants.check("SeenStays", found != held.end() && found->second == value, cluster_.scheduler.now(),
                                [&, o = offset] { return fmt::format("t-{} offset {} was read and is gone", partition, o); });
    }
  }
}

}  // namespace baton::simulation
