#include "drills/scenarios/machine.h"

#include <gtest/gtest.h>

namespace baton::drills {
namespace {

TEST(Machine, TheFirstLineOfStatIsAddedUp) {
  auto ticks = parse_cpu_ticks("cpu  10 20 30 400 5 6 7 8 900 900");
  ASSERT_TRUE(ticks);
  EXPECT_EQ(ticks->idle, 405u);
  EXPECT_EQ(ticks->total, 486u);  // guests are counted in user time already
  EXPECT_FALSE(parse_cpu_ticks(""));
  EXPECT_FALSE(parse_cpu_ticks("intr 1 2 3 4 5"));
  EXPECT_FALSE(parse_cpu_ticks("cpu 1 2"));
}

TEST(Machine, BusyIsWhatWasNotIdle) {
  EXPECT_DOUBLE_EQ(*busy_between({100, 1000}, {110, 1100}), 0.9);
  EXPECT_FALSE(busy_between({100, 1000}, {100, 1000}));
}

TEST(Machine, BurnersKeepTheCoresBusy) {
  auto before = read_cpu_ticks();
  ASSERT_TRUE(before);
  Burners burners(1);
  auto worked = [&] {
    auto now = read_cpu_ticks();
    return now->total - now->idle > before->total - before->idle + 2;
  };
  while (!worked()) std::this_thread::yield();  // CTest's own limit ends it
}

}  // namespace
}  // namespace baton::drills
