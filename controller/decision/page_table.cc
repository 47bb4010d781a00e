#include "controller/decision/page_table.h"

#include <algorithm>
#include <set>

namespace baton::decision {
namespace {

constexpr size_t kNumbersMax = 0xffff;

}  // namespace

void PageTable::load(const PageRecord& page) {
  held_.try_emplace(page.number, 0);
  for (const PageTopicRecord& topic : page.topics) {
    for (const PartitionRecord& record : topic.partitions) put(page.number, record);
  }
}

std::optional<PageTable::Slot> PageTable::to_slot(const PartitionRecord& record) {
  if (!record.adding.empty() || !record.removing.empty()) return std::nullopt;
  if (record.replicas.size() > kReplicasMax || record.key.index < 0 || brokers_.size() + kReplicasMax > kNumbersMax) return std::nullopt;
  Slot slot;
  slot.count = static_cast<uint8_t>(record.replicas.size());
  for (size_t i = 0; i < record.replicas.size(); ++i) {
    slot.replicas[i] = number(record.replicas[i]);
    for (size_t j = 0; j < i; ++j) {
      if (slot.replicas[j] == slot.replicas[i]) return std::nullopt;
    }
  }
  return slot_as(record, slot);
}

std::optional<PageTable::Slot> PageTable::slot_as(const PartitionRecord& record, const Slot& like) const {
  if (record.replicas.size() != like.count || !record.adding.empty() || !record.removing.empty()) return std::nullopt;
  Slot slot;
  slot.page = like.page;
  slot.replicas = like.replicas;
  slot.count = like.count;
  slot.leader_epoch = record.leader_epoch;
  slot.partition_epoch = record.partition_epoch;
  slot.unclean = record.unclean;
  size_t isr = 0;
  size_t eligible = 0;
  for (size_t i = 0; i < record.replicas.size(); ++i) {
    const BrokerId id = record.replicas[i];
    if (brokers_[slot.replicas[i]] != id) return std::nullopt;
    if (contains(record.isr, id)) {
      slot.isr |= static_cast<uint8_t>(1u << i);
      ++isr;
    }
    if (contains(record.eligible, id)) {
      slot.eligible |= static_cast<uint8_t>(1u << i);
      ++eligible;
    }
    if (id == record.leader) slot.leader = static_cast<uint8_t>(i + 1);
  }
  const bool all_said = isr == record.isr.size() && eligible == record.eligible.size() && (slot.leader != 0 || record.leader == BrokerId());
  return all_said ? std::optional(slot) : std::nullopt;
}

bool PageTable::has_replicas_of(const Row& row, const Slot& held) const {
  if (held.count != row.replicas.size()) return false;
  for (size_t i = 0; i < held.count; ++i) {
    if (brokers_[held.replicas[i]].value() != row.replicas[i]) return false;
  }
  return true;
}

std::optional<PageTable::Slot> PageTable::to_slot(const Row& row, const Slot* held) {
  if (row.replicas.size() > kReplicasMax || brokers_.size() + kReplicasMax > kNumbersMax) return std::nullopt;
  Slot slot;
  slot.count = static_cast<uint8_t>(row.replicas.size());
  if (held != nullptr && has_replicas_of(row, *held)) {
    slot.replicas = held->replicas;
  } else {
    for (size_t i = 0; i < row.replicas.size(); ++i) slot.replicas[i] = number(BrokerId(row.replicas[i]));
  }
  slot.isr = row.isr;
  slot.eligible = row.eligible;
  slot.leader = row.leader;
  slot.unclean = row.unclean;
  slot.leader_epoch = row.leader_epoch;
  slot.partition_epoch = row.partition_epoch;
  return slot;
}

PageTable::Row PageTable::row(const Slot& slot, ReplicaIds& ids) const {
  for (size_t i = 0; i < slot.count; ++i) ids[i] = brokers_[slot.replicas[i]].value();
  return {{ids.data(), slot.count}, slot.isr, slot.eligible, slot.leader, slot.unclean, slot.leader_epoch, slot.partition_epoch};
}

void PageTable::replace(const PartitionKey& key, const Slot& after) {
  Slot& held = topics_.find(key.topic)->slots[static_cast<size_t>(key.index)];
  count(held, -1);
  held = after;
  count(held, +1);
}

void PageTable::put(int32_t page, const PartitionRecord& record) {
  put(page, record.key, to_slot(record), [&record]() -> const PartitionRecord& { return record; });
}

void PageTable::put(int32_t page, const PartitionKey& key, const Row& row) {
  put(page, key, to_slot(row, slot(key)), [&] {
    PartitionRecord record;
    record.key = key;
    for (size_t i = 0; i < row.replicas.size(); ++i) {
      const BrokerId id(row.replicas[i]);
      record.replicas.push_back(id);
      if ((row.isr >> i & 1u) != 0) record.isr.push_back(id);
      if ((row.eligible >> i & 1u) != 0) record.eligible.push_back(id);
    }
    if (row.leader != 0) record.leader = BrokerId(row.replicas[row.leader - 1u]);
    record.leader_epoch = row.leader_epoch;
    record.partition_epoch = row.partition_epoch;
    record.unclean = row.unclean;
    return record;
  });
}

template <class Beside>
void PageTable::put(int32_t page, const PartitionKey& key, std::optional<Slot> fresh, Beside beside) {
  const auto index = static_cast<size_t>(key.index);
  Topic* known = topics_.find(key.topic);
  const size_t length = known == nullptr ? 0 : known->slots.size();
  if (fresh && index < length && known->slots[index].page >= 0) {
    Slot& held = known->slots[index];
    count(held, -1);
    fresh->page = held.page;
    held = *fresh;
    return count(held, +1);
  }
  if (const int32_t before = page_of(key); before >= 0) {
    page = before;
    remove(key);
  }
  if (fresh && key.index >= 0 && index < length + kGapMax) {
    Topic& topic = topics_[key.topic];
    if (index >= topic.slots.size()) topic.slots.resize(index + 1);
    fresh->page = page;
    topic.slots[index] = *fresh;
    ++topic.size;
    count(*fresh, +1);
  } else {
    const PartitionRecord& record = beside();
    beside_[key] = {record, page};
    count(record, +1);
  }
  ++size_;
  hold(page, +1);
}

void PageTable::remove(const PartitionKey& key) {
  if (auto found = beside_.find(key); found != beside_.end()) {
    count(found->second.record, -1);
    hold(found->second.page, -1);
    beside_.erase(found);
    --size_;
    return;
  }
  Topic* topic = topics_.find(key.topic);
  if (topic == nullptr || slot(key) == nullptr) return;
  Slot& gone = topic->slots[static_cast<size_t>(key.index)];
  count(gone, -1);
  hold(gone.page, -1);
  gone = Slot{};
  --size_;
  --topic->size;
}

void PageTable::remove_topic(TopicId id) {
  for (auto at = beside_.lower_bound({id, INT32_MIN}); at != beside_.end() && at->first.topic == id;) {
    const PartitionKey key = at->first;
    ++at;
    remove(key);
  }
  const Topic* topic = topics_.find(id);
  if (topic == nullptr) return;
  for (const Slot& each : topic->slots) {
    if (each.page < 0) continue;
    count(each, -1);
    hold(each.page, -1);
    --size_;
  }
  topics_.erase(id);
}

const PageTable::Slot* PageTable::slot(const PartitionKey& key) const {
  const Topic* topic = topics_.find(key.topic);
  if (topic == nullptr || key.index < 0 || static_cast<size_t>(key.index) >= topic->slots.size()) return nullptr;
  const Slot& found = topic->slots[static_cast<size_t>(key.index)];
  return found.page < 0 ? nullptr : &found;
}

std::optional<PageTable::Slot> PageTable::slot_of(const PartitionKey& key) const {
  if (const Slot* held = slot(key)) return *held;
  auto found = beside_.find(key);
  if (found == beside_.end()) return std::nullopt;
  Slot told;
  told.page = found->second.page;
  return told;
}

std::optional<PageTable::Entry> PageTable::find(const PartitionKey& key) const {
  if (const Slot* held = slot(key)) return Entry{record(key, *held), held->page};
  auto found = beside_.find(key);
  return found == beside_.end() ? std::nullopt : std::optional(found->second);
}

int32_t PageTable::page_of(const PartitionKey& key) const {
  if (const Slot* held = slot(key)) return held->page;
  auto found = beside_.find(key);
  return found == beside_.end() ? -1 : found->second.page;
}

std::optional<std::pair<LeaderEpoch, PartitionEpoch>> PageTable::epochs(const PartitionKey& key) const {
  if (const Slot* held = slot(key)) return std::pair(held->leader_epoch, held->partition_epoch);
  auto found = beside_.find(key);
  if (found == beside_.end()) return std::nullopt;
  return std::pair(found->second.record.leader_epoch, found->second.record.partition_epoch);
}

PartitionRecord PageTable::record(const PartitionKey& key, const Slot& slot) const {
  if (beside(key)) return beside_.at(key).record;
  PartitionRecord record;
  record.key = key;
  for (size_t i = 0; i < slot.count; ++i) {
    const BrokerId id = brokers_[slot.replicas[i]];
    record.replicas.push_back(id);
    if ((slot.isr >> i & 1u) != 0) record.isr.push_back(id);
    if ((slot.eligible >> i & 1u) != 0) record.eligible.push_back(id);
  }
  if (slot.leader != 0) record.leader = brokers_[slot.replicas[slot.leader - 1u]];
  record.leader_epoch = slot.leader_epoch;
  record.partition_epoch = slot.partition_epoch;
  record.unclean = slot.unclean;
  return record;
}

PageTable::Iterator::Iterator(const PageTable& table, bool at_end)
    : table_(&table),
      topic_(at_end ? table.topics_.map().end() : table.topics_.map().begin()),
      beside_(at_end ? table.beside_.end() : table.beside_.begin()) {
  settle();
}

// Past the holes.
void PageTable::Iterator::settle() {
  for (; topic_ != table_->topics_.map().end(); ++topic_, index_ = 0) {
    const std::vector<Slot>& slots = topic_->second.slots;
    while (index_ < slots.size() && slots[index_].page < 0) ++index_;
    if (index_ < slots.size()) return;
  }
}

PageTable::Iterator& PageTable::Iterator::operator++() {
  if (topic_ == table_->topics_.map().end()) {
    ++beside_;
  } else {
    ++index_;
    settle();
  }
  return *this;
}

std::pair<PartitionKey, PageTable::Entry> PageTable::Iterator::operator*() const {
  if (topic_ == table_->topics_.map().end()) return *beside_;
  const PartitionKey key{topic_->first, static_cast<int32_t>(index_)};
  const Slot& slot = topic_->second.slots[index_];
  return {key, {table_->record(key, slot), slot.page}};
}

std::vector<PageTable::Entry> PageTable::of_topic(TopicId id) const {
  std::vector<Entry> found;
  if (const Topic* topic = topics_.find(id)) {
    found.reserve(topic->size);
    for (size_t i = 0; i < topic->slots.size(); ++i) {
      const Slot& slot = topic->slots[i];
      if (slot.page >= 0) found.push_back({record({id, static_cast<int32_t>(i)}, slot), slot.page});
    }
  }
  for (auto at = beside_.lower_bound({id, INT32_MIN}); at != beside_.end() && at->first.topic == id; ++at) found.push_back(at->second);
  return found;
}

size_t PageTable::size_of(TopicId id) const {
  const Topic* topic = topics_.find(id);
  return topic == nullptr ? 0 : topic->size;
}

std::set<int32_t> PageTable::pages_of(TopicId id) const {
  std::set<int32_t> pages;
  if (const Topic* topic = topics_.find(id)) {
    for (const Slot& slot : topic->slots) {
      if (slot.page >= 0) pages.insert(slot.page);
    }
  }
  for (auto at = beside_.lower_bound({id, INT32_MIN}); at != beside_.end() && at->first.topic == id; ++at) pages.insert(at->second.page);
  return pages;
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

uint16_t PageTable::number(BrokerId id) {
  if (const auto known = number_of(id)) return *known;
  if (id.value() >= 0 && id.value() < kNearIds) {
    const auto at = static_cast<size_t>(id.value());
    if (at >= near_numbers_.size()) near_numbers_.resize(at + 1, -1);
    near_numbers_[at] = static_cast<int32_t>(brokers_.size());
  }
  auto [at, fresh] = numbers_.try_emplace(id.value(), static_cast<uint16_t>(brokers_.size()));
  if (!fresh) return at->second;
  brokers_.push_back(id);
  roles_.push_back(0);
  assigned_.push_back(0);
  preferred_.push_back(0);
  return at->second;
}

std::optional<uint16_t> PageTable::number_of(BrokerId id) const {
  if (id.value() >= 0 && static_cast<size_t>(id.value()) < near_numbers_.size()) {
    const int32_t near = near_numbers_[static_cast<size_t>(id.value())];
    return near < 0 ? std::nullopt : std::optional(static_cast<uint16_t>(near));
  }
  auto found = numbers_.find(id.value());
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::map<BrokerId, int32_t> PageTable::counted(const std::vector<int32_t>& counts) const {
  std::map<BrokerId, int32_t> all;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) all[brokers_[i]] = counts[i];
  }
  return all;
}

int32_t PageTable::roles_of(BrokerId id) const {
  const auto at = number_of(id);
  return at ? roles_[*at] : 0;
}

void PageTable::count(const Slot& slot, int32_t by) {
  for (size_t i = 0; i < slot.count; ++i) {
    assigned_[slot.replicas[i]] += by;
    const bool role = (slot.isr >> i & 1u) != 0 || slot.leader == i + 1;
    if (role) roles_[slot.replicas[i]] += by;
  }
  if (slot.count > 0) preferred_[slot.replicas[0]] += by;
  if (slot.leader == 0) leaderless_ += by;
  if (slot.leader > 1) led_by_another_ += by;
}

// Counted under numbers as well; too many brokers for numbers are not of this world.
void PageTable::count(const PartitionRecord& record, int32_t by) {
  std::set<BrokerId> roles(record.isr.begin(), record.isr.end());
  if (record.leader != BrokerId()) roles.insert(record.leader);
  for (BrokerId id : roles) roles_[number(id)] += by;
  for (BrokerId id : record.replicas) assigned_[number(id)] += by;
  if (!record.replicas.empty()) preferred_[number(record.replicas.front())] += by;
  if (record.leader == BrokerId()) {
    leaderless_ += by;
  } else if (!record.replicas.empty() && record.leader != record.replicas.front()) {
    led_by_another_ += by;
  }
}

void PageTable::hold(int32_t page, int32_t by) {
  held_[page] += by;
}

}  // namespace baton::decision
