#include "base/uuid.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace baton {
namespace {

TEST(Uuid, PrintsAndParsesAsKafkaDoes) {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    const Uuid uuid = Uuid::random(random);
    const std::string text = uuid.to_string();
    ASSERT_EQ(text.size(), 22u);
    ASSERT_NE(text.front(), '-');
    ASSERT_EQ(Uuid::parse(text), uuid);
  }
  EXPECT_EQ(Uuid{}.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
}

TEST(Uuid, AreInTheOrderOfTheirBytes) {
  SeededRandom random(3);
  for (int i = 0; i < 2000; ++i) {
    Uuid a = Uuid::random(random);
    Uuid b = a;
    b.bytes[random.below(16)] = static_cast<uint8_t>(random.below(256));
    ASSERT_EQ(a <=> b, a.bytes <=> b.bytes);
    ASSERT_EQ(a == b, a.bytes == b.bytes);
  }
}

TEST(Uuid, RefusesWhatIsNotOne) {
  EXPECT_EQ(Uuid::parse(""), std::nullopt);
  EXPECT_EQ(Uuid::parse("AAAAAAAAAAAAAAAAAAAAA*"), std::nullopt);
  EXPECT_TRUE(Uuid::from_bytes("short").is_none());
}

}  // namespace
}  // namespace baton
