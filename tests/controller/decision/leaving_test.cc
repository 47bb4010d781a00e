// What stays of a broker's wish to stop in good order when the controller, or the broker itself, dies in the middle.
#include "tests/controller/decision/harness.h"

namespace baton::decision {
namespace {

const std::vector<std::vector<BrokerId>> kAll{brokers({1, 2, 3})};

// The broker gives no word before it is answered, so whatever it has begun with is known to the next controller.
TEST(Leaving, IsStoredBeforeItIsAnswered) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(LeavingRequested{77, BrokerId(1), BrokerEpoch(101)});
  ASSERT_NE(world.pending(), nullptr);
  const Orders stored = std::get<PutOrders>(world.pending()->changes.at(0)).orders;
  EXPECT_EQ(stored.leaving, (std::map<BrokerId, BrokerEpoch>{{BrokerId(1), BrokerEpoch(101)}}));
  EXPECT_TRUE(world.said<Reply>().empty());
  world.confirm();
  ASSERT_EQ(world.said<Reply>().size(), 1u);
  EXPECT_EQ(std::get<Leaving>(world.said<Reply>()[0].answer).still_led, 1);
  world.feed(LeavingRequested{78, BrokerId(1), BrokerEpoch(101)});
  EXPECT_EQ(world.said<Reply>().size(), 2u) << "afterwards it is answered at once";
  EXPECT_EQ(world.pending(), nullptr) << "it is stored once";
}

TEST(Leaving, WhoAsksAgainWhileTheStoreIsSlowIsNotKeptWaiting) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(LeavingRequested{77, BrokerId(1), BrokerEpoch(101)});
  EXPECT_TRUE(world.said<Reply>().empty());
  world.feed(LeavingRequested{78, BrokerId(1), BrokerEpoch(101)});
  ASSERT_EQ(world.said<Reply>().size(), 1u);
  EXPECT_EQ(world.said<Reply>()[0].request, 78u);
  world.confirm();
  EXPECT_EQ(world.said<Reply>().size(), 2u);
  EXPECT_EQ(world.pending(), nullptr) << "it is stored once";
}

TEST(Leaving, WhoHasNothingToHandOverIsAnsweredAtOnce) {
  World world;
  world.create("t", 1, kAll);
  world.by_hand();
  world.forget();
  world.feed(LeavingRequested{77, BrokerId(2), BrokerEpoch(102)});
  ASSERT_EQ(world.said<Reply>().size(), 1u);
  EXPECT_EQ(std::get<Leaving>(world.said<Reply>()[0].answer).still_led, 0);
  EXPECT_EQ(world.pending(), nullptr);
}

// The next controller, loaded with what the former one stored.
class NextController : public World {
 public:
  explicit NextController(const Orders& orders) : World(0) {
    record_.key = {TopicId(Uuid::from_bytes("0123456789abcdef")), 0};
    record_.replicas = record_.isr = brokers({1, 2, 3});
    record_.leader = BrokerId(1);
    loaded_.pages.push_back({0, {{record_.key.topic, "t", {record_}}}});
    TopicRecord topic;
    topic.name = "t";
    topic.id = record_.key.topic;
    topic.partitions = 1;
    loaded_.topics.push_back(topic);
    loaded_.orders = orders;
  }
  // Broker 2 in the life `incarnation`, over `predecessor`; `leaving`: and it says that it has begun to stop.
  void begin(int incarnation, int predecessor, bool leaving) {
    for (int id : {1, 2, 3}) loaded_.brokers.push_back(id == 2 ? seen(2, incarnation, predecessor) : seen(id, id, 0));
    if (predecessor != 0) loaded_.marks.push_back({BrokerId(2), life(predecessor)});
    feed(loaded_);
    for (int id : {1, 2, 3}) {
      const BrokerEpoch epoch = controller_.members().registration(BrokerId(id))->epoch;
      feed(StreamOpened{BrokerId(id), epoch, {VouchedReplica{record_.key, LeaderEpoch(0), 0, false}}, {}, leaving && id == 2});
    }
  }

 private:
  PartitionRecord record_;
  Loaded loaded_;
};

TEST(Leaving, IsKnownToTheNextControllerFromTheStore) {
  Orders orders;
  orders.leaving[BrokerId(2)] = BrokerEpoch(102);
  NextController world(orders);
  world.begin(2, 0, false);
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(3));
}

// The former one died before it had stored anything.
TEST(Leaving, IsKnownToTheNextControllerFromTheBrokerItself) {
  NextController world({});
  world.begin(2, 0, true);
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(3));
}

TEST(Leaving, OfAFormerLifeShutsNobodyOut) {
  Orders orders;
  orders.leaving[BrokerId(2)] = BrokerEpoch(102);
  NextController world(orders);
  world.begin(9, 2, false);
  world.feed(DeathProven{life(1)});
  EXPECT_EQ(world.partition("t").leader, BrokerId(2));
  // And is forgotten with the next order that is stored.
  world.feed(BrokerOrdered{1, BrokerId(3), BrokerOrder::kDrain});
  EXPECT_TRUE(world.controller_.orders().leaving.empty());
}

}  // namespace
}  // namespace baton::decision
