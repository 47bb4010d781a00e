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

TEST(Uuid, RefusesWhatIsNotOne) {
  EXPECT_EQ(Uuid::parse(""), std::nullopt);
  EXPECT_EQ(Uuid::parse("AAAAAAAAAAAAAAAAAAAAA*"), std::nullopt);
  EXPECT_TRUE(Uuid::from_bytes("short").is_none());
}

}  // namespace
}  // namespace baton
