#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"

namespace baton {
namespace {

TEST(Bytes, RoundTripsEveryForm) {
  Writer writer;
  writer.i16(-2);
  writer.i64(1'234'567'890'123);
  writer.varint(-300);
  writer.varlong(INT64_MIN);
  writer.unsigned_varint(UINT32_MAX);
  Reader reader(writer.view());
  EXPECT_EQ(reader.i16(), -2);
  EXPECT_EQ(reader.i64(), 1'234'567'890'123);
  EXPECT_EQ(reader.varint(), -300);
  EXPECT_EQ(reader.varlong(), INT64_MIN);
  EXPECT_EQ(reader.unsigned_varint(), UINT32_MAX);
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.bad());
}

TEST(Bytes, ShortAndOverlongInputTurnsBadAndStaysBad) {
  Reader reader(std::string_view("\x00", 1));
  EXPECT_EQ(reader.i32(), 0);
  EXPECT_TRUE(reader.bad());
  EXPECT_EQ(reader.i8(), 0);
  Reader overlong(std::string_view("\xff\xff\xff\xff\x10", 5));
  EXPECT_EQ(overlong.unsigned_varint(), 0u);
  EXPECT_TRUE(overlong.bad());
  Reader negative(std::string_view("abc"));
  EXPECT_TRUE(negative.take(-1).empty());
  EXPECT_TRUE(negative.bad());
}

// The check value of CRC-32C in the catalogue of parametrised CRC algorithms.
TEST(Crc32c, CheckValue) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xe3069283u);
}

}  // namespace
}  // namespace baton
