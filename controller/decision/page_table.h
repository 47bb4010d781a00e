// All partitions, and the page that each lies on. The confirmed state only: what is proposed lives in the write in flight.
//
// A million of them have to fit: a partition takes 28 bytes, in one row a topic, with its replicas as numbers of this table, and ISR and
// eligible ids as bits over the replicas. Whoever wants a record gets it made. What the 28 bytes can not say (more than five replicas, a
// member of the ISR that is no replica, an index far beyond the others) lies beside them as a record.
//
// Also a node's image of the partitions (controller/agent/image.h). Pure; not thread-safe.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "controller/decision/cluster.h"
#include "controller/decision/topic_map.h"

namespace baton::decision {

struct PageTopicRecord {
  TopicId id;
  std::string name;
  std::vector<PartitionRecord> partitions;
};
struct PageRecord {
  int32_t number = 0;
  std::vector<PageTopicRecord> topics;
};

class PageTable {
 public:
  // A page is written whole at every change of one of its partitions, so it may not grow large: at some seven bytes a partition
  // this keeps it near 2 KB, and a million partitions on some four thousand pages.
  static constexpr int32_t kPartitionsPerPage = 256;
  static constexpr size_t kReplicasMax = 5;

  struct Entry {
    PartitionRecord record;
    int32_t page = 0;
  };
  // A partition as the table holds it. `page` -1: there is none at this index.
  struct Slot {
    int32_t page = -1;
    LeaderEpoch leader_epoch;
    PartitionEpoch partition_epoch;
    std::array<uint16_t, kReplicasMax> replicas{};  // numbers, see broker()
    uint8_t count = 0;
    uint8_t isr = 0;  // bit n: the n-th replica
    uint8_t eligible = 0;
    uint8_t leader = 0;  // its place among the replicas, from 1; 0: none
    bool unclean = false;
  };

  // A partition by place, as columns say it: bits and leader point into the replicas.
  struct Row {
    std::span<const int32_t> replicas;  // assignment order, at most kReplicasMax
    uint8_t isr = 0;                    // bit n: the n-th replica
    uint8_t eligible = 0;
    uint8_t leader = 0;  // its place, from 1; 0: none
    bool unclean = false;
    LeaderEpoch leader_epoch;
    PartitionEpoch partition_epoch;
  };
  using ReplicaIds = std::array<int32_t, kReplicasMax>;

  void load(const PageRecord& page);
  // A page that may hold no partition, and yet is there.
  void hold_page(int32_t page) { held_.try_emplace(page, 0); }
  // A partition that is there keeps its page.
  void put(int32_t page, const PartitionRecord& record);
  void put(int32_t page, const PartitionKey& key, const Row& row);
  // Of a partition whose replicas and page stay. REQUIRES: it is in the table, not beside().
  void replace(const PartitionKey& key, const Slot& after);
  // REQUIRES: a slot that is not beside(). The replicas' ids lie in `ids`.
  Row row(const Slot& slot, ReplicaIds& ids) const;
  void remove(const PartitionKey& key);
  void remove_topic(TopicId topic);
  void clear() { *this = PageTable(); }

  std::optional<Entry> find(const PartitionKey& key) const;
  // Of one topic, without those that lie beside().
  size_t size_of(TopicId topic) const;
  // -1: there is none.
  int32_t page_of(const PartitionKey& key) const;
  std::optional<std::pair<LeaderEpoch, PartitionEpoch>> epochs(const PartitionKey& key) const;
  size_t size() const { return size_; }
  // All of them as values, made one after another: `for (const auto& [key, entry] : pages.entries())`.
  class Entries;
  Entries entries() const;
  // The partitions of one topic, in order.
  std::vector<Entry> of_topic(TopicId topic) const;
  // Where they lie.
  std::set<int32_t> pages_of(TopicId topic) const;

  // In the order of their keys, from `from` on, until `what(key, slot)` says false; those that lie beside the slots come last, with
  // a slot that says nothing but their page (see beside()).
  template <class What>
  void each_from(const PartitionKey& from, What what) const {
    for (auto topic = topics_.map().lower_bound(from.topic); topic != topics_.map().end(); ++topic) {
      const std::vector<Slot>& slots = topic->second.slots;
      for (size_t i = topic->first == from.topic ? static_cast<size_t>(from.index) : 0; i < slots.size(); ++i) {
        if (slots[i].page >= 0 && !what(PartitionKey{topic->first, static_cast<int32_t>(i)}, slots[i])) return;
      }
    }
    each_beside(what);
  }
  // Those that lie beside the slots alone.
  template <class What>
  void each_beside(What what) const {
    for (const auto& [key, entry] : beside_) {
      Slot slot;
      slot.page = entry.page;
      if (!what(key, slot)) return;
    }
  }
  template <class What>
  void each(What what) const {
    each_from({}, [&what](const PartitionKey& key, const Slot& slot) {
      what(key, slot);
      return true;
    });
  }
  // The pages that partitions lie on.
  template <class What>
  void each_page(What what) const {
    for (const auto& [page, partitions] : held_) {
      if (partitions > 0) what(page);
    }
  }
  template <class What>
  void each_topic(What what) const {
    for (const auto& [id, topic] : topics_.map()) what(id);
    for (const auto& [key, entry] : beside_) {
      if (topics_.find(key.topic) == nullptr) what(key.topic);  // once a partition
    }
  }
  PartitionRecord record(const PartitionKey& key, const Slot& slot) const;
  // As each() gives it; none: there is no such partition.
  std::optional<Slot> slot_of(const PartitionKey& key) const;
  BrokerId leader(const PartitionKey& key, const Slot& slot) const {
    if (slot.leader != 0) return brokers_[slot.replicas[slot.leader - 1u]];
    return beside(key) ? beside_.at(key).record.leader : BrokerId();
  }
  // Where a slot can not say it.
  bool beside(const PartitionKey& key) const { return !beside_.empty() && beside_.contains(key); }

  // Brokers are numbered from 0 in the order in which they are first named.
  BrokerId broker(uint16_t number) const { return brokers_[number]; }
  size_t brokers() const { return brokers_.size(); }
  std::optional<uint16_t> number_of(BrokerId id) const;

  // In how many partitions each broker leads or is in the ISR.
  std::map<BrokerId, int32_t> roles() const { return counted(roles_); }
  int32_t roles_of(BrokerId id) const;
  // Partitions without a leader, and those that are led by another than the first of their replicas.
  int64_t leaderless() const { return leaderless_; }
  int64_t led_by_another() const { return led_by_another_; }
  // How many partitions are assigned to each, and to how many it is the first.
  std::map<BrokerId, int32_t> assigned() const { return counted(assigned_); }
  std::map<BrokerId, int32_t> preferred() const { return counted(preferred_); }
  // Pages with room for `count` more partitions, one number each, filling the emptiest numbers first.
  std::vector<int32_t> room_for(int32_t count) const;

  // The slot of a record that has the replicas of `like`; none where a slot can not say it.
  std::optional<Slot> slot_as(const PartitionRecord& record, const Slot& like) const;

 private:
  // How far beyond what is there an index may lie in a row.
  static constexpr size_t kGapMax = size_t{1} << 16;
  static constexpr int32_t kNearIds = 4096;
  struct Topic {
    std::vector<Slot> slots;
    size_t size = 0;  // without the holes
  };

  // The slot of a record, or none where it has to lie beside. Gives its brokers numbers.
  std::optional<Slot> to_slot(const PartitionRecord& record);
  // `held`: what stands there now, if anything: its replicas are most often the same.
  std::optional<Slot> to_slot(const Row& row, const Slot* held);
  bool has_replicas_of(const Row& row, const Slot& held) const;
  // Puts it where there is room for it; `beside` gives the record where a slot will not do.
  template <class Beside>
  void put(int32_t page, const PartitionKey& key, std::optional<Slot> fresh, Beside beside);
  uint16_t number(BrokerId id);
  class Iterator;
  const Slot* slot(const PartitionKey& key) const;
  std::map<BrokerId, int32_t> counted(const std::vector<int32_t>& counts) const;
  void count(const Slot& slot, int32_t by);
  void count(const PartitionRecord& record, int32_t by);
  void hold(int32_t page, int32_t by);

  TopicMap<Topic> topics_;
  std::map<PartitionKey, Entry> beside_;
  size_t size_ = 0;
  std::map<int32_t, int32_t> held_;  // partitions on each page
  std::vector<BrokerId> brokers_;
  std::unordered_map<int32_t, uint16_t> numbers_;
  std::vector<int32_t> near_numbers_;                  // of ids below kNearIds, by id; -1: none
  std::vector<int32_t> roles_, assigned_, preferred_;  // by number
  int64_t leaderless_ = 0;
  int64_t led_by_another_ = 0;
};

class PageTable::Iterator {
 public:
  Iterator(const PageTable& table, bool at_end);
  std::pair<PartitionKey, Entry> operator*() const;
  Iterator& operator++();
  friend bool operator==(const Iterator& a, const Iterator& b) {
    return a.topic_ == b.topic_ && a.index_ == b.index_ && a.beside_ == b.beside_;
  }

 private:
  void settle();

  const PageTable* table_;
  std::map<TopicId, Topic>::const_iterator topic_;
  size_t index_ = 0;
  std::map<PartitionKey, Entry>::const_iterator beside_;
};

class PageTable::Entries {
 public:
  explicit Entries(const PageTable& table) : table_(table) {}
  Iterator begin() const { return {table_, false}; }
  Iterator end() const { return {table_, true}; }
  size_t size() const { return table_.size(); }
  bool empty() const { return table_.size() == 0; }

 private:
  const PageTable& table_;
};

inline PageTable::Entries PageTable::entries() const {
  return Entries(*this);
}

}  // namespace baton::decision
