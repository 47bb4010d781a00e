#include "broker/groups/records.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace baton::groups {
namespace {

// These bytes, and those of the next test, were written by the classes of Apache Kafka 3.9.1 from the same values.
TEST(Records, AnOffsetIsWrittenAsKafkaWritesIt) {
  const Record record = offset_record("grp", {"top", 5}, {.offset = 66, .leader_epoch = 7, .metadata = "m", .commit_ms = 258});
  EXPECT_EQ(record.key, std::string("\0\1\0\3grp\0\3top\0\0\0\5", 16));
  EXPECT_EQ(*record.value, std::string("\0\3"
                                       "\0\0\0\0\0\0\0\x42"
                                       "\0\0\0\7"
                                       "\0\1m"
                                       "\0\0\0\0\0\0\1\2",
                                       25));
}

TEST(Records, AnOffsetWithATimeOfExpiryIsWrittenAsKafkaWritesIt) {
  const Record record = offset_record("grp", {"top", 5}, {.offset = 66, .metadata = "m", .commit_ms = 258, .expire_ms = 259});
  EXPECT_EQ(*record.value, std::string("\0\1"
                                       "\0\0\0\0\0\0\0\x42"
                                       "\0\1m"
                                       "\0\0\0\0\0\0\1\2"
                                       "\0\0\0\0\0\0\1\3",
                                       29));
}

TEST(Records, AGroupIsWrittenAsKafkaWritesIt) {
  Group group("grp");
  group.add({.id = "m1",
             .instance_id = "i1",
             .client_id = "c",
             .client_host = "/h",
             .rebalance_timeout_ms = 300,
             .session_timeout_ms = 45,
             .protocols = {{"range", "sub"}}},
            "consumer");
  group.begin_generation(1);
  const Record record = group_record(group, {{"m1", "asg"}}, 258);
  EXPECT_EQ(record.key, std::string("\0\2\0\3grp", 7));
  std::string expected("\0\3\0\10consumer\0\0\0\1\0\5range\0\2m1\0\0\0\0\0\0\1\2\0\0\0\1", 39);
  expected += std::string("\0\2m1\0\2i1\0\1c\0\2/h\0\0\1\x2c\0\0\0\x2d\0\0\0\3sub\0\0\0\3asg", 37);
  EXPECT_EQ(*record.value, expected);
}

TEST(Records, AreReadBackAsTheyWereWritten) {
  const CommittedOffset offset{.offset = 1, .leader_epoch = 2, .metadata = "x", .commit_ms = 3};
  const CommittedOffset expiring{.offset = 1, .metadata = "x", .commit_ms = 3, .expire_ms = 9};
  EXPECT_EQ(parse_offset(*offset_record("g", {"t", 0}, offset).value), offset);
  EXPECT_EQ(parse_offset(*offset_record("g", {"t", 0}, expiring).value), expiring);
  Group group("g");
  group.add({.id = "m", .rebalance_timeout_ms = 1, .session_timeout_ms = 2, .protocols = {{"p", "s"}}}, "type");
  group.begin_generation(1);
  const auto stored = parse_group(*group_record(group, {{"m", "a"}}, 5).value);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->generation, 1);
  EXPECT_EQ(stored->leader, "m");
  EXPECT_EQ(stored->members.at(0).assignment, "a");
  EXPECT_EQ(stored->members.at(0).protocols.at(0), (Protocol{"p", "s"}));
}

TEST(Records, EveryPrefixAndAHugeCountIsMalformedNotFatal) {
  Group group("g");
  group.add({.id = "m", .protocols = {{"p", "s"}}}, "type");
  group.begin_generation(1);
  const std::string good = *group_record(group, {{"m", "a"}}, 5).value;
  for (size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(parse_group(good.substr(0, cut))) << cut;
  Writer huge;
  huge.i16(0);
  huge.i16(0);
  huge.i32(1);
  huge.i16(-1);
  huge.i16(-1);
  huge.i32(INT32_MAX);
  EXPECT_FALSE(parse_group(huge.view()));
  EXPECT_FALSE(parse_group(std::string("\0\x63", 2)));
}

// Expected values from the definition s[0]·31^(n−1) + … over UTF-16 units, with 32-bit overflow.
TEST(Records, AGroupsPartitionIsJavasHashCode) {
  EXPECT_EQ(partition_of("a", 50), 97 % 50);
  EXPECT_EQ(partition_of("hello", 1'000'000'007), 99162322);
  EXPECT_EQ(partition_of("polygenelubricants", 50), 0);  // hashes to the most negative number
  EXPECT_EQ(partition_of("\xc3\xa9", 1000), 0xe9);
  EXPECT_EQ(partition_of("\xf0\x9f\x98\x80", 1'000'000'007), 0xd83d * 31 + 0xde00);
  EXPECT_EQ(partition_of("\xf0", 50) >= 0, true);  // cut off, and still a partition
}

}  // namespace
}  // namespace baton::groups
