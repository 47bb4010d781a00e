// Propose, persist, apply: what a confirmed write changes, and what is told and answered then. Nothing else changes what stands here.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "controller/decision/controller.h"
#include "controller/decision/topic_keys.h"

namespace baton::decision {

void Controller::on(const WriteConfirmed&) {
  BATON_ASSERT(!in_flight_.empty());
  InFlight flight = std::move(in_flight_.front());
  in_flight_.pop_front();
  leftovers_ &= !(orphans_.empty() && never_committed_.empty() && unfinished_deletions_.empty());
  Publish publish;
  size_t rows = 0;
  for (const Change& change : flight.write.changes) {
    if (const auto* page = std::get_if<PutPage>(&change)) rows += page->rows.size();
  }
  publish.rows.reserve(rows);
  for (Change& change : flight.write.changes) {
    if (auto* page = std::get_if<PutPage>(&change)) {
      apply(std::move(*page), publish);
    } else {
      apply(change, publish);
    }
  }
  if (!publish.partitions.empty() || !publish.rows.empty() || !publish.topics.empty() || !publish.removed_topics.empty() ||
      !publish.brokers.empty() || publish.broker_configs || publish.metadata_version != 0) {
    decide(std::move(publish));
  }
  for (Reply& reply : flight.replies) decide(std::move(reply));
  for (const MoveRequested& request : flight.moves) begin_moves(request);
  report_swept();
}

void Controller::on(const WriteRefused&) {
  BATON_ASSERT(in_flight_.size() == 1);
  InFlight flight = std::move(in_flight_.front());
  in_flight_.clear();
  for (Reply& reply : flight.refused) decide(std::move(reply));
  want_sweep();
}

void Controller::apply(PutPage&& change, Publish& publish) {
  for (TopicId topic : change.removed_topics) {
    pages_.remove_topic(topic);
    erase_topic(words_, topic);
    moves_.remove_topic(topic);
    erase_topic(reassigning_, topic);
    if (orders_.concern(topic)) propose_orders().remove_topic(topic);
  }
  for (const PartitionKey& key : change.removed_partitions) pages_.remove(key);
  apply_rows(change, publish);
  for (PutPage::Upsert& upsert : change.partitions) {
    PartitionRecord& record = upsert.partition;
    const auto former = pages_.find(record.key);
    for (BrokerId id : record.isr) {
      if (!former || contains(former->record.isr, id)) continue;
      gate_.entered_isr(id, now_);
      plan_by(gate_.opens_at(id));
    }
    note_change(former ? &former->record : nullptr, record, publish);
    pages_.put(change.number, record);
    for (BrokerId id : record.isr) members_.entered_isr(record.key, id);
    auto word = words_.find(record.key);
    if (word != words_.end() && word->second.leader_epoch < record.leader_epoch) words_.erase(word);
    moves_.settled(record, upsert.topic);
    note_reassignment(record);
    if (visible(record.key)) publish.partitions.push_back(std::move(record));
  }
}

void Controller::apply(const Change& change, Publish& publish) {
  if (const auto* tombstone = std::get_if<Tombstone>(&change)) {
    members_.tombstone_confirmed(*tombstone, now_);
    want_sweep_of(tombstone->id);
    unswept_.insert(tombstone->id);
    gate_.died(tombstone->id, now_);
    slow_.forget(tombstone->id);
    publish.brokers.push_back(tombstone->id);
    decide(Milestone{tombstone->id, "tombstone_confirmed", members_.how_known(tombstone->id)});
  } else if (const auto* topic = std::get_if<PutTopic>(&change)) {
    const auto before = topics_.find(topic->topic.name);
    const int32_t published = before == topics_.end() ? 0 : before->second.partitions;
    records_[topic->topic.id] = &(topics_[topic->topic.name] = topic->topic);
    names_[topic->topic.id] = topic->topic.name;
    if (unclean_allowed(topic->topic.id)) want_sweep();
    if (topic->topic.deleting) {
      publish.removed_topics.push_back(topic->topic.id);
      return;
    }
    publish.topics.push_back(topic->topic);
    for (PageTable::Entry& entry : pages_.of_topic(topic->topic.id)) {
      if (entry.record.key.index >= published) publish.partitions.push_back(std::move(entry.record));
    }
  } else if (const auto* removed = std::get_if<RemoveTopic>(&change)) {
    auto found = topics_.find(removed->name);
    if (found == topics_.end()) return;
    names_.erase(found->second.id);
    records_.erase(found->second.id);
    topics_.erase(found);
  } else if (const auto* mark = std::get_if<PutMark>(&change)) {
    members_.mark_confirmed(*mark);
    want_sweep_of(mark->id);
    publish.brokers.push_back(mark->id);
    decide(Milestone{mark->id, "removed_confirmed", ""});
  } else if (const auto* ids = std::get_if<PutProducerIds>(&change)) {
    next_producer_id_ = ids->next;
  } else if (const auto* orders = std::get_if<PutOrders>(&change)) {
    for (BrokerId id : members_.ids()) {
      if (orders->orders.brokers.contains(id) != orders_.brokers.contains(id)) publish.brokers.push_back(id);
    }
    Orders before = std::exchange(orders_, orders->orders);
    before.leaving = orders_.leaving;
    if (before == orders_) return;  // who leaves is known already, and changes nothing by itself
    want_sweep();
    plan_by(now_);
  } else if (const auto* brokers = std::get_if<PutBrokerConfigs>(&change)) {
    take_broker_configs(brokers->configs);
    publish.broker_configs = brokers->configs;
  } else if (const auto* level = std::get_if<PutMetadataVersion>(&change)) {
    level_.raised(level->level);
    publish.metadata_version = level->level;
  }
}

// As apply() of single partitions does, where there is anything to note.
void Controller::apply_rows(const PutPage& change, Publish& publish) {
  for (const RowChange& row : change.rows) {
    const auto before = pages_.slot_of(row.key);
    if (before->leader != row.after.leader && publish.changes.size() < Publish::kChangesMax) {
      const PartitionRecord former = pages_.record(row.key, *before);
      note_change(&former, pages_.record(row.key, row.after), publish);
    }
    pages_.replace(row.key, row.after);
    if (!words_.empty()) {
      auto word = words_.find(row.key);
      if (word != words_.end() && word->second.leader_epoch < row.after.leader_epoch) words_.erase(word);
    }
    if (moves_.under_way() > 0) {
      auto name = names_.find(row.key.topic);
      moves_.settled(pages_.record(row.key, row.after), name == names_.end() ? std::string() : name->second);
    }
    if (visible(row.key)) publish.rows.push_back(row);
  }
}

}  // namespace baton::decision
