// All partitions, and the page that each lies on. The confirmed state only: what is proposed lives in the write in flight.
#pragma once

#include <map>
#include <vector>

#include "controller/decision/events.h"

namespace baton::decision {

class PageTable {
 public:
  // A page is written whole at every change of one of its partitions, so it may not grow large: at some 60 bytes a partition
  // this keeps it near 16 KB, and a million partitions on some four thousand pages.
  static constexpr int32_t kPartitionsPerPage = 256;

  struct Entry {
    PartitionRecord record;
    int32_t page = 0;
  };

  void load(const std::vector<PageRecord>& pages);
  void put(int32_t page, const PartitionRecord& record);
  void remove_topic(TopicId topic);
  void remove(const PartitionKey& key);

  const Entry* find(const PartitionKey& key) const;
  const std::map<PartitionKey, Entry>& entries() const { return entries_; }
  // The partitions of one topic, in order.
  std::vector<const Entry*> of_topic(TopicId topic) const;
  // In how many partitions the broker leads or is in the ISR.
  const std::map<BrokerId, int32_t>& roles() const { return roles_; }
  // Partitions without a leader, and those that are led by another than the first of their replicas.
  int64_t leaderless() const { return leaderless_; }
  int64_t led_by_another() const { return led_by_another_; }
  // Pages with room for `count` more partitions, one number each, filling the emptiest numbers first.
  std::vector<int32_t> room_for(int32_t count) const;

 private:
  void count_roles(const PartitionRecord& record, int32_t by);

  std::map<PartitionKey, Entry> entries_;
  std::map<int32_t, int32_t> held_;  // partitions on each page
  std::map<BrokerId, int32_t> roles_;
  int64_t leaderless_ = 0;
  int64_t led_by_another_ = 0;
};

}  // namespace baton::decision
