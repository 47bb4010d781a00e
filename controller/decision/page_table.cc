#include "controller/decision/page_table.h"

namespace baton::decision {

void PageTable::load(const std::vector<PageRecord>& pages) {
  entries_.clear();
  held_.clear();
  roles_.clear();
  leaderless_ = 0;
  led_by_another_ = 0;
  for (const PageRecord& page : pages) {
    held_.try_emplace(page.number, 0);
    for (const PageTopicRecord& topic : page.topics) {
      for (const PartitionRecord& record : topic.partitions) put(page.number, record);
    }
  }
}

void PageTable::put(int32_t page, const PartitionRecord& record) {
  auto [at, fresh] = entries_.try_emplace(record.key);
  if (fresh) {
    ++held_[page];
    at->second.page = page;
  } else {
    count_roles(at->second.record, -1);
  }
  at->second.record = record;
  count_roles(record, +1);
}

void PageTable::remove_topic(TopicId topic) {
  auto at = entries_.lower_bound({topic, 0});
  while (at != entries_.end() && at->first.topic == topic) {
    count_roles(at->second.record, -1);
    --held_[at->second.page];
    at = entries_.erase(at);
  }
}

void PageTable::remove(const PartitionKey& key) {
  auto at = entries_.find(key);
  if (at == entries_.end()) return;
  count_roles(at->second.record, -1);
  --held_[at->second.page];
  entries_.erase(at);
}

const PageTable::Entry* PageTable::find(const PartitionKey& key) const {
  auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<const PageTable::Entry*> PageTable::of_topic(TopicId topic) const {
  std::vector<const Entry*> found;
  for (auto at = entries_.lower_bound({topic, 0}); at != entries_.end() && at->first.topic == topic; ++at) found.push_back(&at->second);
  return found;
}

std::vector<int32_t> PageTable::room_for(int32_t count) const {
  std::vector<int32_t> pages;
  int32_t next_new = held_.empty() ? 0 : held_.rbegin()->first + 1;
  auto at = held_.begin();
  int32_t page = 0;
  int32_t room = 0;
  while (static_cast<int32_t>(pages.size()) < count) {
    while (room <= 0) {
      if (at != held_.end()) {
        page = at->first;
        room = kPartitionsPerPage - at->second;
        ++at;
      } else {
        page = next_new++;
        room = kPartitionsPerPage;
      }
    }
    pages.push_back(page);
    --room;
  }
  return pages;
}

void PageTable::count_roles(const PartitionRecord& record, int32_t by) {
  for (BrokerId id : record.isr) roles_[id] += by;
  if (record.leader == BrokerId()) {
    leaderless_ += by;
    return;
  }
  if (!contains(record.isr, record.leader)) roles_[record.leader] += by;
  if (record.leader != record.replicas.front()) led_by_another_ += by;
}

}  // namespace baton::decision
