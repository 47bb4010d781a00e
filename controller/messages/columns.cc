#include "controller/messages/columns.h"

#include <algorithm>

namespace baton::control {

namespace {

uint8_t place_of(int32_t id, std::span<const int32_t> replicas) {
  const auto at = std::find(replicas.begin(), replicas.end(), id);
  return at == replicas.end() ? 0 : static_cast<uint8_t>(at - replicas.begin() + 1);
}

// The set as bits, or false where a member is no replica or is named twice.
template <class Ids>
bool to_bits(const Ids& ids, std::span<const int32_t> replicas, uint8_t& bits) {
  bits = 0;
  for (const int32_t id : ids) {
    const uint8_t place = place_of(id, replicas);
    if (place == 0) return false;
    const auto bit = static_cast<uint8_t>(1u << (place - 1u));
    if ((bits & bit) != 0) return false;
    bits |= bit;
  }
  return true;
}

template <class Ids>
void to_ids(uint8_t bits, std::span<const int32_t> replicas, Ids* ids) {
  ids->Clear();
  for (size_t i = 0; i < replicas.size(); ++i) {
    if ((bits >> i & 1u) != 0) ids->Add(replicas[i]);
  }
}

// Fields that this code names. A field that is added to Partition is not plain until columns can say it.
bool only_known_fields(const Partition& partition) {
  constexpr int kLastPlainField = 8;
  const google::protobuf::Reflection* reflection = partition.GetReflection();
  if (!reflection->GetUnknownFields(partition).empty()) return false;
  static const bool more_fields = [] {
    const google::protobuf::Descriptor* type = Partition::descriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->number() > kLastPlainField) return true;
    }
    return false;
  }();
  if (!more_fields) return true;
  std::vector<const google::protobuf::FieldDescriptor*> present;
  reflection->ListFields(partition, &present);
  return present.empty() || present.back()->number() <= kLastPlainField;
}

}  // namespace

ColumnsReader::ColumnsReader(const PartitionColumns& columns)
    : runs_(columns.runs().data()),
      runs_size_(columns.runs_size()),
      replica_counts_(columns.replica_counts().data()),
      same_count_(columns.replica_counts_size() == 1),
      replicas_(columns.replicas().data(), static_cast<size_t>(columns.replicas_size())),
      isr_(columns.isr().data()),
      eligible_(columns.eligible().empty() ? nullptr : columns.eligible().data()),
      leaders_(columns.leaders().data()),
      leader_epochs_(columns.leader_epochs().data()),
      partition_epochs_(columns.partition_epochs().data()),
      size_(columns.leaders().size()) {
  const auto size = static_cast<int>(size_);
  const bool counts = columns.replica_counts_size() == size || same_count_;
  const bool eligible = eligible_ == nullptr || columns.eligible().size() == size_;
  good_ = columns.isr().size() == size_ && eligible && columns.leader_epochs_size() == size && columns.partition_epochs_size() == size &&
          runs_size_ % 2 == 0 && (counts || size == 0);
  if (!good_) size_ = 0;
}

void reserve(int partitions, int replicas, PartitionColumns& into) {
  into.mutable_replicas()->Reserve(partitions * replicas);
  into.mutable_isr()->reserve(static_cast<size_t>(partitions));
  into.mutable_leaders()->reserve(static_cast<size_t>(partitions));
  into.mutable_leader_epochs()->Reserve(partitions);
  into.mutable_partition_epochs()->Reserve(partitions);
}

void append(const PlainPartition& partition, PartitionColumns& into) {
  const size_t before = into.leaders().size();
  append_index(partition.index, into.mutable_runs());
  into.mutable_replicas()->Add(partition.replicas.begin(), partition.replicas.end());
  const auto count = static_cast<int32_t>(partition.replicas.size());
  if (before == 0) {
    into.add_replica_counts(count);
  } else if (into.replica_counts_size() > 1 || into.replica_counts(0) != count) {
    // The first that differs: from here on each says its own.
    while (into.replica_counts_size() < static_cast<int>(before)) into.add_replica_counts(into.replica_counts(0));
    into.add_replica_counts(count);
  }
  into.mutable_isr()->push_back(static_cast<char>(partition.isr));
  if (partition.eligible != 0 && into.eligible().empty()) into.mutable_eligible()->assign(before, '\0');
  if (partition.eligible != 0 || !into.eligible().empty()) into.mutable_eligible()->push_back(static_cast<char>(partition.eligible));
  const uint8_t flag = partition.unclean ? PlainPartition::kUnclean : uint8_t{0};
  into.mutable_leaders()->push_back(static_cast<char>(partition.leader | flag));
  into.add_leader_epochs(partition.leader_epoch);
  into.add_partition_epochs(partition.partition_epoch);
}

int partitions_in(const PartitionColumns& columns) {
  return static_cast<int>(columns.leaders().size());
}

bool makes_sense(const PartitionColumns& columns) {
  ColumnsReader reader(columns);
  PlainPartition each;
  while (reader.next(each)) {
  }
  return reader.good();
}

bool to_plain(const Partition& partition, ReplicaBuffer& buffer, PlainPartition& into) {
  if (partition.replicas_size() > static_cast<int>(buffer.size()) || partition.index() < 0 || partition.index() == INT32_MAX) return false;
  std::copy(partition.replicas().begin(), partition.replicas().end(), buffer.begin());
  into.replicas = {buffer.data(), static_cast<size_t>(partition.replicas_size())};
  uint8_t distinct = 0;
  if (!to_bits(partition.replicas(), into.replicas, distinct) || !to_bits(partition.isr(), into.replicas, into.isr) ||
      !to_bits(partition.eligible(), into.replicas, into.eligible)) {
    return false;
  }
  into.leader = place_of(partition.leader(), into.replicas);
  if (into.leader == 0 && partition.leader() != -1) return false;
  into.index = partition.index();
  into.unclean = partition.unclean();
  into.leader_epoch = partition.leader_epoch();
  into.partition_epoch = partition.partition_epoch();
  return only_known_fields(partition);
}

void to_partition(const PlainPartition& partition, Partition& into) {
  into.set_index(partition.index);
  into.mutable_replicas()->Clear();
  into.mutable_replicas()->Add(partition.replicas.begin(), partition.replicas.end());
  to_ids(partition.isr, partition.replicas, into.mutable_isr());
  to_ids(partition.eligible, partition.replicas, into.mutable_eligible());
  into.set_leader(partition.leader_id());
  into.set_leader_epoch(partition.leader_epoch);
  into.set_partition_epoch(partition.partition_epoch);
  into.set_unclean(partition.unclean);
}

bool for_each_partition(const Delta& delta, const std::function<void(const std::string&, const Partition&)>& what) {
  for (const PartitionOf& partition : delta.partitions()) what(partition.topic_id(), partition.state());
  Partition state;
  for (const PagePiece& piece : delta.pieces()) {
    ColumnsReader reader(piece.columns());
    PlainPartition plain;
    while (reader.next(plain)) {
      to_partition(plain, state);
      what(piece.topic_id(), state);
    }
    if (!reader.good()) return false;
  }
  return true;
}

bool for_each_role(const Roles& roles, const std::function<void(const Role&)>& what) {
  for (const Role& role : roles.roles()) what(role);
  for (const TopicRoles& topic : roles.topics()) {
    Role role;
    role.set_topic_id(topic.topic_id());
    role.set_topic(topic.topic());
    role.set_min_insync_replicas(topic.min_insync_replicas());
    *role.mutable_configs() = topic.configs();
    ColumnsReader reader(topic.columns());
    PlainPartition plain;
    for (size_t i = 0; reader.next(plain); ++i) {
      if (i >= topic.kinds().size()) return false;
      to_partition(plain, *role.mutable_state());
      role.set_kind(static_cast<Role::Kind>(topic.kinds()[i]));
      what(role);
    }
    if (!reader.good()) return false;
  }
  return true;
}

bool spell_out(Event& event) {
  bool good = true;
  if (!event.metadata().pieces().empty()) {
    Delta& delta = *event.mutable_metadata();
    Delta plain;
    good = for_each_partition(delta, [&plain](const std::string& topic_id, const Partition& state) {
      PartitionOf& partition = *plain.add_partitions();
      partition.set_topic_id(topic_id);
      *partition.mutable_state() = state;
    });
    delta.clear_pieces();
    delta.mutable_partitions()->Swap(plain.mutable_partitions());
  }
  if (!event.roles().topics().empty()) {
    Roles plain;
    good = for_each_role(event.roles(), [&plain](const Role& role) { *plain.add_roles() = role; }) && good;
    event.mutable_roles()->clear_topics();
    event.mutable_roles()->mutable_roles()->Swap(plain.mutable_roles());
  }
  return good;
}

}  // namespace baton::control
