#include "base/properties.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

Properties parsed(std::string_view text) {
  auto result = parse_properties(text, "test");
  EXPECT_TRUE(result) << result.error().message;
  return result.value_or(Properties{});
}

TEST(Properties, SeparatesKeyFromValueByEqualsColonOrBlank) {
  EXPECT_EQ(parsed("a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf\n"),
            (Properties{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", ""}}));
}

TEST(Properties, TheFirstSeparatorCountsAndTheRestIsValue) {
  EXPECT_EQ(parsed("listeners=PLAINTEXT://127.0.0.1:9092"), (Properties{{"listeners", "PLAINTEXT://127.0.0.1:9092"}}));
  EXPECT_EQ(parsed("a==b"), (Properties{{"a", "=b"}}));
}

TEST(Properties, SkipsCommentsAndBlankLinesOfEveryLineEnding) {
  EXPECT_EQ(parsed("# one\r\n  ! two\r\r\na=1 # not a comment\r\n\f\n"), (Properties{{"a", "1 # not a comment"}}));
}

TEST(Properties, JoinsContinuedLinesAndDropsTheirIndent) {
  EXPECT_EQ(parsed("a=1,\\\n    2,\\\r\n\t3\nb=4\\\\\nc=5\\"), (Properties{{"a", "1,2,3"}, {"b", "4\\"}, {"c", "5"}}));
}

TEST(Properties, UnderstandsEscapes) {
  EXPECT_EQ(parsed("a\\=b\\ c=x\\ty\\u00e9\\u20AC\\z"), (Properties{{"a=b c",
                                                                     "x\ty\xc3\xa9\xe2\x82\xac"
                                                                     "z"}}));
}

TEST(Properties, TheLaterOfTwoLinesCounts) {
  EXPECT_EQ(parsed("a=1\na=2"), (Properties{{"a", "2"}}));
}

TEST(Properties, SaysWhereItIsMalformed) {
  const auto escape = parse_properties("a=1\nb=\\u12", "broker.properties");
  ASSERT_FALSE(escape);
  EXPECT_EQ(escape.error().code, ErrorCode::kInvalidConfig);
  EXPECT_TRUE(escape.error().message.starts_with("broker.properties:2: ")) << escape.error().message;
  EXPECT_FALSE(parse_properties("=1", "x"));
  EXPECT_FALSE(parse_properties(std::string_view("a=\0", 3), "x"));
}

TEST(Properties, NamesTheFileThatCannotBeRead) {
  const auto missing = read_properties_file("/nowhere/broker.properties");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("/nowhere/broker.properties"), std::string::npos);
  EXPECT_FALSE(read_properties_file("/"));
}

TEST(Properties, AnOverrideIsKeyEqualsValue) {
  EXPECT_EQ(parse_override("a=b=c"), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_FALSE(parse_override("a"));
  EXPECT_FALSE(parse_override("=a"));
}

}  // namespace
}  // namespace baton
