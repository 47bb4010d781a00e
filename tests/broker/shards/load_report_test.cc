#include "broker/shards/load_report.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A leader's counters, looked at every five seconds.
class LoadReportTest : public testing::Test {
 protected:
  // The bytes that went through each partition in these five seconds; whoever is not named is not led.
  std::map<int, int64_t> look(const std::map<int, uint64_t>& moved) {
    now_ = now_ + seconds(5);
    report_.begin(now_);
    for (auto [index, bytes] : moved) report_.note({topic_, PartitionIndex(index)}, counters_[index] += bytes);
    last_ = {};
    told_ = report_.end(last_);
    std::map<int, int64_t> said;
    for (auto& each : last_.partitions()) {
      EXPECT_EQ(each.topic_id(), topic_.raw());
      said[each.partition()] = each.bytes_per_s();
    }
    return said;
  }
  using Said = std::map<int, int64_t>;

  SeededRandom random_{1};
  TopicId topic_ = TopicId(Uuid::random(random_));
  Instant now_{1'000'000'000'000};
  std::map<int, uint64_t> counters_;
  LoadReport report_;
  control::LoadReport last_;
  bool told_ = false;
};

TEST_F(LoadReportTest, NothingIsToldOfWhatIsIdle) {
  EXPECT_EQ(look({{0, 0}, {1, 0}}), Said{});
  EXPECT_FALSE(told_);
  look({{0, 5000}, {1, 0}});
  look({{0, 5000}, {1, 0}});
  EXPECT_FALSE(told_) << "half of 1000 bytes a second";
}

TEST_F(LoadReportTest, WhatWasCountedBeforeTheFirstLookIsNoRate) {
  EXPECT_EQ(look({{0, 1'000'000'000}}), Said{});
}

TEST_F(LoadReportTest, ARateIsToldWhenItHasChangedMuch) {
  look({{0, 1}});
  EXPECT_EQ(look({{0, 1'000'000}}), (Said{{0, 100'000}})) << "half of it is the look before";
  EXPECT_EQ(look({{0, 1'000'000}}), (Said{{0, 150'000}}));
  EXPECT_EQ(look({{0, 1'000'000}}), Said{}) << "175 is not a quarter more than 150";
  EXPECT_EQ(look({{0, 1'000'000}}), Said{}) << "nor is 187.5 more than a quarter";
  EXPECT_EQ(look({{0, 1'000'000}}), (Said{{0, 193'750}}));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(look({{0, 1'000'000}}), Said{});
  look({{0, 0}});
  int64_t last = -1;
  for (int i = 0; i < 20; ++i) {
    for (auto [index, rate] : look({{0, 0}})) last = rate;
  }
  EXPECT_EQ(last, 0) << "in the end that it is idle";
}

TEST_F(LoadReportTest, EverythingThatIsUsedIsToldOnceAMinuteAndAfterADoubt) {
  look({{0, 1}, {1, 0}});
  for (int i = 0; i < 8; ++i) look({{0, 1'000'000}, {1, 0}});
  EXPECT_EQ(look({{0, 1'000'000}, {1, 0}}), Said{});
  report_.forget();
  EXPECT_EQ(look({{0, 1'000'000}, {1, 0}}).size(), 1u);
  int told = 0;
  for (int i = 0; i < 12; ++i) told += static_cast<int>(look({{0, 1'000'000}, {1, 0}}).size());
  EXPECT_EQ(told, 1);
}

// The counters belong to the log, not to the leadership.
TEST_F(LoadReportTest, WhatIsLedAnewIsMeasuredAnew) {
  look({{0, 1}});
  look({{0, 1'000'000}});
  look({});
  counters_[0] += 500'000'000;
  EXPECT_EQ(look({{0, 0}}), Said{}) << "that was another's leadership";
  EXPECT_EQ(look({{0, 1'000'000}}), (Said{{0, 100'000}}));
}

TEST_F(LoadReportTest, AppendsAreToldOnTheMeanAndTheirEndOnce) {
  report_.appended(milliseconds(2));
  report_.appended(milliseconds(4));
  look({});
  EXPECT_TRUE(told_);
  EXPECT_EQ(last_.append_us(), 3000);
  look({});
  EXPECT_TRUE(told_);
  EXPECT_EQ(last_.append_us(), -1);
  look({});
  EXPECT_FALSE(told_);
}

}  // namespace
}  // namespace baton
