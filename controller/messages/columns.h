// Partitions by columns (PartitionColumns of store.proto), and what they are to whoever speaks single ones: a reader that goes
// through them without taking memory, a writer that appends, and the way from and to a Partition. Pure.
//
// A partition is plain when columns can say all of it. Whatever else it bears, be it a field that this version does not know, keeps
// it a Partition of its own, so nothing is lost by a rewrite.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "controller/messages/control.pb.h"

namespace baton::control {

struct PlainPartition {
  static constexpr size_t kReplicasMax = 8;
  static constexpr uint8_t kUnclean = 0x80;

  int32_t index = 0;
  std::span<const int32_t> replicas;
  uint8_t isr = 0;       // bit n: the n-th of the replicas
  uint8_t eligible = 0;  // likewise
  uint8_t leader = 0;    // the leader's place among the replicas, from 1; 0: none
  bool unclean = false;
  int32_t leader_epoch = 0;
  int32_t partition_epoch = 0;

  int32_t leader_id() const { return leader == 0 ? -1 : replicas[leader - 1u]; }
};

// Goes through columns from outside: false from next() is the end, or the first thing that makes no sense (then !good()). The columns
// stay as they are meanwhile.
class ColumnsReader {
 public:
  explicit ColumnsReader(const PartitionColumns& columns);
  bool next(PlainPartition& into);
  // After the end: everything was read, and it made sense.
  bool good() const { return good_; }

 private:
  bool refuse() {
    good_ = false;
    at_ = size_;
    return false;
  }

  // Looked up once: it is gone through a million partitions and more.
  const int32_t* runs_;
  int runs_size_;
  const int32_t* replica_counts_;
  bool same_count_;  // the first holds for all
  std::span<const int32_t> replicas_;
  const char* isr_;
  const char* eligible_;  // null: nobody is, anywhere
  const char* leaders_;
  const int32_t* leader_epochs_;
  const int32_t* partition_epochs_;
  size_t size_ = 0;
  size_t at_ = 0;
  int run_ = 0;
  int32_t in_run_ = 0;
  int64_t last_index_ = -1;
  size_t replica_ = 0;
  bool good_ = true;
};

inline bool ColumnsReader::next(PlainPartition& into) {
  if (at_ == size_) {
    // What is left over belongs to nobody.
    if (good_ && (run_ < runs_size_ || replica_ != replicas_.size())) good_ = false;
    return false;
  }
  if (run_ >= runs_size_) return refuse();
  const int32_t first = runs_[run_];
  const int32_t count = runs_[run_ + 1];
  if (first <= last_index_ && in_run_ == 0) return refuse();
  if (count <= 0 || int64_t{first} + count > INT32_MAX) return refuse();
  into.index = first + in_run_;
  last_index_ = into.index;
  if (++in_run_ == count) {
    in_run_ = 0;
    run_ += 2;
  }
  const int32_t replicas = replica_counts_[same_count_ ? 0 : at_];
  if (replicas < 0 || static_cast<size_t>(replicas) > PlainPartition::kReplicasMax ||
      replica_ + static_cast<size_t>(replicas) > replicas_.size()) {
    return refuse();
  }
  into.replicas = replicas_.subspan(replica_, static_cast<size_t>(replicas));
  replica_ += static_cast<size_t>(replicas);
  const auto leader = static_cast<uint8_t>(leaders_[at_]);
  into.isr = static_cast<uint8_t>(isr_[at_]);
  into.eligible = eligible_ == nullptr ? uint8_t{0} : static_cast<uint8_t>(eligible_[at_]);
  into.leader = leader & static_cast<uint8_t>(~PlainPartition::kUnclean);
  into.unclean = (leader & PlainPartition::kUnclean) != 0;
  into.leader_epoch = leader_epochs_[at_];
  into.partition_epoch = partition_epochs_[at_];
  if (into.leader > replicas || (into.isr | into.eligible) >> replicas != 0) return refuse();
  ++at_;
  return true;
}

// Makes room for so many partitions of so many replicas each.
void reserve(int partitions, int replicas, PartitionColumns& into);
// REQUIRES: at most kReplicasMax replicas, and indexes that ascend.
void append(const PlainPartition& partition, PartitionColumns& into);
int partitions_in(const PartitionColumns& columns);
bool makes_sense(const PartitionColumns& columns);

// The replicas of a plain partition that is made of something else.
using ReplicaBuffer = std::array<int32_t, PlainPartition::kReplicasMax>;
// False where columns can not say it all. ISR and eligible ids lose their order, which means nothing.
bool to_plain(const Partition& partition, ReplicaBuffer& buffer, PlainPartition& into);
void to_partition(const PlainPartition& partition, Partition& into);

// For hosts that know single partitions and roles alone: what came by columns is put beside what did not. False: columns that make no
// sense.
bool spell_out(Event& event);

// Every partition of a delta, by whatever form it came; `page` is -1 where it is not told. False: columns that make no sense.
bool for_each_partition(const Delta& delta, const std::function<void(const std::string& topic_id, const Partition& state)>& what);
// The same for roles.
bool for_each_role(const Roles& roles, const std::function<void(const Role& role)>& what);

// A row of ascending indexes as runs: first, count, first, count, …
template <class Runs>
void append_index(int32_t index, Runs* runs) {
  const int size = runs->size();
  if (size >= 2 && runs->Get(size - 2) + runs->Get(size - 1) == index) {
    runs->Set(size - 1, runs->Get(size - 1) + 1);
    return;
  }
  runs->Add(index);
  runs->Add(1);
}

}  // namespace baton::control
