#include "broker/shards/lost_peers.h"

#include <gtest/gtest.h>

#include "controller/messages/control.pb.h"

namespace baton {
namespace {

constexpr BrokerId kLeader{2};
constexpr Instant kNow{1'000'000'000};

std::shared_ptr<const Image> image_with(int64_t epoch, bool live) {
  control::Delta delta;
  delta.set_snapshot(true);
  auto* broker = delta.add_brokers();
  broker->set_id(kLeader.value());
  broker->set_epoch(epoch);
  broker->set_live(live);
  return Image().after(delta);
}

TEST(LostPeers, OneThatWasLostIsInDoubtForAWhile) {
  LostPeers lost;
  auto image = image_with(7, true);
  EXPECT_TRUE(lost.none(kNow));
  EXPECT_FALSE(lost.in_doubt(*image, kLeader, kNow));
  lost.lost(kLeader, BrokerEpoch(7), kNow);
  EXPECT_FALSE(lost.none(kNow));
  EXPECT_TRUE(lost.in_doubt(*image, kLeader, kNow));
  EXPECT_TRUE(lost.in_doubt(*image, kLeader, kNow + LostPeers::kDoubt - Duration(1)));
  EXPECT_FALSE(lost.in_doubt(*image, kLeader, kNow + LostPeers::kDoubt));
  EXPECT_FALSE(lost.in_doubt(*image, BrokerId(3), kNow));
}

// Its death may be known before its successors are: whoever still finds it named as leader waits on.
TEST(LostPeers, OneThatIsKnownDeadIsInDoubtAsLongAsItIsNamed) {
  LostPeers lost;
  lost.lost(kLeader, BrokerEpoch(7), kNow);
  EXPECT_TRUE(lost.in_doubt(*image_with(7, false), kLeader, kNow));
  EXPECT_TRUE(lost.in_doubt(Image(), kLeader, kNow));
}

TEST(LostPeers, AnotherIncarnationIsNotInDoubt) {
  LostPeers lost;
  lost.lost(kLeader, BrokerEpoch(7), kNow);
  EXPECT_FALSE(lost.in_doubt(*image_with(9, true), kLeader, kNow));
}

TEST(LostPeers, OneThatAnswersAgainIsNotInDoubt) {
  LostPeers lost;
  lost.lost(kLeader, BrokerEpoch(7), kNow);
  lost.found(kLeader);
  EXPECT_TRUE(lost.none(kNow));
  EXPECT_FALSE(lost.in_doubt(*image_with(7, true), kLeader, kNow));
}

// Nobody pays for a doubt that is over.
TEST(LostPeers, OldDoubtsAreForgotten) {
  LostPeers lost;
  lost.lost(kLeader, BrokerEpoch(7), kNow);
  EXPECT_FALSE(lost.none(kNow + LostPeers::kDoubt - Duration(1)));
  EXPECT_TRUE(lost.none(kNow + LostPeers::kDoubt));
}

}  // namespace
}  // namespace baton
