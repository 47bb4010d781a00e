// Names, and the translation between a leadership's paths and those that the cores of an election know.
#include "controller/lead/place.h"

#include <gmock/gmock.h>

#include "controller/coordination/paths.h"
#include "controller/lead/records.h"

namespace baton::lead {
namespace {

TEST(LeadershipName, IsWhatAPathCanHold) {
  for (const char* good : {"a", "billing", "eu-west.nightly_2", "_x", "9"}) EXPECT_TRUE(check_name(good)) << good;
  for (const char* bad : {"", ".", "..", ".hidden", "-flag", "a/b", "a b", "ä", "a\n"}) EXPECT_FALSE(check_name(bad)) << bad;
  EXPECT_TRUE(check_name(std::string(100, 'x')));
  EXPECT_FALSE(check_name(std::string(101, 'x')));
}

TEST(LeadershipPlace, TranslatesWhatAnElectionAsks) {
  const Place place("billing");
  const auto get = std::get<store::Get>(place.to_store(store::Get{paths::kController, true}));
  EXPECT_EQ(get.path, "/leaders/billing/leader");
  EXPECT_TRUE(get.watch);
  const auto multi = std::get<store::Multi>(place.to_store(
      store::Multi{{store::Check{std::string(paths::kCandidates) + "/x-n_1", {}}, store::SetData{paths::kControllerEpoch, "2", {}}}}));
  EXPECT_EQ(std::get<store::Check>(multi.ops[0]).path, "/leaders/billing/candidates/x-n_1");
  EXPECT_EQ(std::get<store::SetData>(multi.ops[1]).path, "/leaders/billing/epoch");
}

TEST(LeadershipPlace, TranslatesWhatTheStoreSaysAndHidesTheRest) {
  const Place place("billing");
  const auto seen = [&](const std::string& path) {
    return std::get<store::WatchFired>(place.to_core(store::WatchFired{store::WatchKind::kDeleted, path})).path;
  };
  EXPECT_EQ(seen("/leaders/billing/candidates/x-n_1"), std::string(paths::kCandidates) + "/x-n_1");
  EXPECT_EQ(seen("/leaders/billing/leader"), paths::kController);
  EXPECT_EQ(seen("/leaders/billing/lease"), "");
  EXPECT_EQ(seen("/leaders/billing2/leader"), "");
}

TEST(LeadershipRecords, SurviveAndRefuseWhatIsNotTheirs) {
  const LeaseRecord lease{ControllerEpoch(7), "guid", std::chrono::milliseconds(3000), 12, false};
  const auto read = LeaseRecord::parse(lease.print());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->epoch, lease.epoch);
  EXPECT_EQ(read->holder, "guid");
  EXPECT_EQ(read->length, lease.length);
  EXPECT_EQ(read->renewals, 12);
  EXPECT_FALSE(read->released);
  for (const char* bad : {"", "epoch=7", "epoch=-1\nholder=a\nlength_ms=3\nrenewals=1\nreleased=no\n",
                          "epoch=1\nholder=a\nlength_ms=0\nrenewals=1\nreleased=no\n",
                          "epoch=1\nholder=a\nlength_ms=99999999999999\nrenewals=1\nreleased=no\n",
                          "epoch=1\nholder=a\nlength_ms=3000\nrenewals=1\nreleased=perhaps\n"}) {
    EXPECT_FALSE(LeaseRecord::parse(bad)) << bad;
  }
  EXPECT_EQ(field(parse_fields(print_fields({{"a", "one\ntwo"}, {"b", "x=y"}})), "a"), "one two");
  EXPECT_EQ(field(parse_fields(print_fields({{"a", "one\ntwo"}, {"b", "x=y"}})), "b"), "x=y");
}

}  // namespace
}  // namespace baton::lead
