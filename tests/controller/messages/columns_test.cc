// Partitions by columns say what single ones say, lose nothing, and what makes no sense is refused.
#include "controller/messages/columns.h"

#include <gtest/gtest.h>

#include <random>

namespace baton::control {
namespace {

Partition partition(int32_t index, std::initializer_list<int32_t> replicas, std::initializer_list<int32_t> isr, int32_t leader) {
  Partition state;
  state.set_index(index);
  state.mutable_replicas()->Add(replicas.begin(), replicas.end());
  state.mutable_isr()->Add(isr.begin(), isr.end());
  state.set_leader(leader);
  state.set_leader_epoch(index + 3);
  state.set_partition_epoch(index + 5);
  return state;
}

PartitionColumns columns_of(const std::vector<Partition>& partitions) {
  PartitionColumns columns;
  for (const Partition& each : partitions) {
    ReplicaBuffer buffer;
    PlainPartition plain;
    EXPECT_TRUE(to_plain(each, buffer, plain)) << each.ShortDebugString();
    append(plain, columns);
  }
  return columns;
}

std::vector<std::string> read(const PartitionColumns& columns) {
  std::vector<std::string> found;
  ColumnsReader reader(columns);
  PlainPartition plain;
  while (reader.next(plain)) {
    Partition state;
    to_partition(plain, state);
    found.push_back(state.ShortDebugString());
  }
  EXPECT_TRUE(reader.good());
  return found;
}

TEST(Columns, SayWhatSinglePartitionsSay) {
  Partition unclean = partition(9, {4, 5, 6}, {6}, 6);
  unclean.set_unclean(true);
  unclean.add_eligible(4);
  const std::vector<Partition> partitions{partition(0, {1, 2, 3}, {1, 2, 3}, 1), partition(1, {2, 3}, {3}, 3),
                                          partition(2, {1, 2, 3, 4, 5, 6, 7, 8}, {8}, -1), unclean};
  std::vector<std::string> expected;
  for (const Partition& each : partitions) expected.push_back(each.ShortDebugString());
  EXPECT_EQ(read(columns_of(partitions)), expected);
}

TEST(Columns, CostAboutSevenBytesAPartition) {
  std::vector<Partition> partitions;
  for (int32_t i = 0; i < 256; ++i) {
    partitions.push_back(partition(i + 1000, {1, 2, 3}, {1, 2, 3}, 1));
    partitions.back().set_leader_epoch(1);
    partitions.back().set_partition_epoch(2);
  }
  EXPECT_LE(columns_of(partitions).ByteSizeLong(), 256 * 7 + 40);
}

// A field that somebody adds to Partition must make it a partition of its own, or be said by the columns too.
TEST(Columns, LoseNoFieldOfAPartition) {
  const google::protobuf::Descriptor* type = Partition::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    Partition state = partition(7, {1, 2, 3}, {1, 2}, 1);
    const google::protobuf::FieldDescriptor* field = type->field(i);
    const google::protobuf::Reflection* reflection = state.GetReflection();
    if (field->is_repeated() && field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT32) {
      reflection->ClearField(&state, field);
      reflection->AddInt32(&state, field, 3);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT32) {
      reflection->SetInt32(&state, field, 2);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_BOOL) {
      reflection->SetBool(&state, field, true);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      reflection->MutableMessage(&state, field);
    } else {
      reflection->MutableUnknownFields(&state)->AddVarint(900, 1);  // as good as any: it has to stay a partition of its own
    }
    ReplicaBuffer buffer;
    PlainPartition plain;
    if (!to_plain(state, buffer, plain)) continue;
    Partition back;
    to_partition(plain, back);
    EXPECT_EQ(back.SerializeAsString(), state.SerializeAsString()) << field->name();
  }
}

TEST(Columns, AnUnknownFieldKeepsAPartitionWhole) {
  Partition state = partition(7, {1, 2, 3}, {1, 2}, 1);
  state.GetReflection()->MutableUnknownFields(&state)->AddVarint(900, 1);
  ReplicaBuffer buffer;
  PlainPartition plain;
  EXPECT_FALSE(to_plain(state, buffer, plain));
}

TEST(Columns, WhatDoesNotFitStaysWhole) {
  ReplicaBuffer buffer;
  PlainPartition plain;
  EXPECT_FALSE(to_plain(partition(0, {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1}, 1), buffer, plain)) << "nine replicas";
  EXPECT_FALSE(to_plain(partition(0, {1, 2, 3}, {4}, 1), buffer, plain)) << "an ISR beside the replicas";
  EXPECT_FALSE(to_plain(partition(0, {1, 2, 3}, {1}, 4), buffer, plain)) << "a leader beside the replicas";
  EXPECT_FALSE(to_plain(partition(0, {1, 1, 3}, {1}, 1), buffer, plain)) << "a replica twice";
  EXPECT_FALSE(to_plain(partition(-1, {1, 2, 3}, {1}, 1), buffer, plain)) << "no index";
}

// Whatever is done to the bytes: read to an end, or refused, and never past what is there.
TEST(Columns, DamagedOnesAreRefusedOrRead) {
  std::mt19937 random(7);
  std::vector<Partition> partitions;
  for (int32_t i = 0; i < 20; ++i) partitions.push_back(partition(i * 2, {1, 2, 3}, {1, 3}, i % 4 == 3 ? -1 : 1 + i % 3));
  const std::string whole = columns_of(partitions).SerializeAsString();
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (unsigned n = 1 + random() % 3; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
    PartitionColumns columns;
    if (!columns.ParseFromString(bytes)) continue;
    refused += !makes_sense(columns);
  }
  EXPECT_GT(refused, 1000);
}

TEST(Columns, EveryPartitionOfADeltaIsToldWhateverItsForm) {
  Delta delta;
  PagePiece& piece = *delta.add_pieces();
  piece.set_topic_id("a");
  *piece.mutable_columns() = columns_of({partition(0, {1, 2}, {1, 2}, 1), partition(1, {1, 2}, {1, 2}, 2)});
  PartitionOf& single = *delta.add_partitions();
  single.set_topic_id("b");
  *single.mutable_state() = partition(3, {1}, {1}, 1);
  std::string told;
  EXPECT_TRUE(for_each_partition(delta, [&](const std::string& topic, const Partition& state) {
    told += topic + std::to_string(state.index()) + ":" + std::to_string(state.leader()) + " ";
  }));
  EXPECT_EQ(told, "b3:1 a0:1 a1:2 ");
  delta.mutable_pieces(0)->mutable_columns()->mutable_isr()->pop_back();
  EXPECT_FALSE(for_each_partition(delta, [](const std::string&, const Partition&) {}));
}

TEST(Columns, EveryRoleIsToldWhateverItsForm) {
  Roles roles;
  TopicRoles& topic = *roles.add_topics();
  topic.set_topic("a");
  *topic.mutable_columns() = columns_of({partition(0, {1, 2}, {1, 2}, 1), partition(1, {1, 2}, {1, 2}, 2)});
  topic.mutable_kinds()->push_back(Role::LEAD);
  topic.mutable_kinds()->push_back(Role::FOLLOW);
  std::string told;
  EXPECT_TRUE(for_each_role(roles, [&](const Role& role) {
    told += role.topic() + std::to_string(role.state().index()) + (role.kind() == Role::LEAD ? " leads " : " follows ");
  }));
  EXPECT_EQ(told, "a0 leads a1 follows ");
}

}  // namespace
}  // namespace baton::control
