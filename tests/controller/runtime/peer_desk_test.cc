// Who is heard among candidates, and who is not.
#include "controller/runtime/peer_desk.h"

#include <gtest/gtest.h>

#include "base/error_code.h"

namespace baton::node {
namespace {

using std::chrono::milliseconds;

Incarnation life(uint8_t name) {
  Incarnation made;
  made.bytes.fill(name);
  return made;
}

class PeerDeskTest : public ::testing::Test {
 protected:
  PeerDeskTest() {
    desk.join("a-cluster");
    desk.become(life(1));
  }
  control::Request from(int id, uint8_t incarnation) const {
    control::Request request;
    request.set_correlation(5);
    control::ElectorMessage& message = *request.mutable_elector_message();
    message.set_from(id);
    message.set_incarnation(std::string(life(incarnation).raw()));
    message.set_cluster_id("a-cluster");
    message.set_elector("raft");
    message.set_message("vote");
    return request;
  }
  bool heard(const control::Request& request) {
    out.clear();
    const bool is = desk.take(now, 8, request, out).has_value();
    const auto* answer = out.empty() ? nullptr : std::get_if<Send>(&out.front());
    EXPECT_TRUE(answer != nullptr && answer->stream == 8 && answer->frame->response().correlation() == 5) << "it is answered in any case";
    why = answer->frame->response().message();
    return is;
  }

  Instant now{1'000'000'000};
  Effects out;
  std::string why;
  PeerDesk desk{{BrokerId(1), "raft", {{BrokerId(1), "a", 7}, {BrokerId(2), "b", 7}, {BrokerId(3), "c", 7}}, milliseconds(500)}};
};

TEST_F(PeerDeskTest, AVoterIsHeard) {
  const auto heard_of = desk.take(now, 8, from(2, 2), out);
  ASSERT_TRUE(heard_of);
  EXPECT_EQ(heard_of->from, BrokerId(2));
  EXPECT_EQ(heard_of->message, "vote");
  EXPECT_FALSE(heard_of->death);
}

TEST_F(PeerDeskTest, StrangersOfAnyKindAreNotAndAreToldWhy) {
  control::Request other_cluster = from(2, 2);
  other_cluster.mutable_elector_message()->set_cluster_id("another");
  EXPECT_FALSE(heard(other_cluster));
  EXPECT_NE(why.find("stands in cluster another"), std::string::npos) << why;
  control::Request other_way = from(2, 2);
  other_way.mutable_elector_message()->set_elector("bully");
  EXPECT_FALSE(heard(other_way));
  EXPECT_NE(why.find("controller.election must be the same"), std::string::npos) << why;
  EXPECT_FALSE(heard(from(9, 9)));
  EXPECT_NE(why.find("is no voter here"), std::string::npos) << why;
  EXPECT_FALSE(heard(from(1, 9)));
  EXPECT_NE(why.find("two processes"), std::string::npos) << why;
}

TEST_F(PeerDeskTest, NobodyIsHeardBeforeTheClusterIsKnown) {
  PeerDesk early{{BrokerId(1), "raft", {{BrokerId(1), "a", 7}, {BrokerId(2), "b", 7}}, milliseconds(500)}};
  EXPECT_FALSE(early.take(now, 8, from(2, 2), out));
}

// Its last words may still be on their way when its death is proven.
TEST_F(PeerDeskTest, TheDeadAreNotHeardAndTheirNextLifeIs) {
  EXPECT_TRUE(heard(from(2, 2)));
  EXPECT_EQ(desk.over(BrokerId(2), life(2)).id, BrokerId(2));
  EXPECT_FALSE(heard(from(2, 2)));
  EXPECT_TRUE(heard(from(2, 22)));
}

// A process may go on under another name, or be started again before the end of its former life is told.
TEST_F(PeerDeskTest, TheEndOfAFormerLifeIsNotTheEndOfTheProcess) {
  EXPECT_TRUE(heard(from(2, 2)));
  EXPECT_TRUE(heard(from(2, 22)));
  EXPECT_EQ(desk.over(BrokerId(2), life(2)).id, BrokerId());
  EXPECT_FALSE(heard(from(2, 2))) << "and what it said under that name does not bring it back";
  EXPECT_EQ(desk.over(BrokerId(2), life(22)).id, BrokerId(2));
}

TEST_F(PeerDeskTest, AProofIsPassedOnToAllButTheDead) {
  desk.start(now, out);
  std::vector<StreamId> streams;
  for (const Effect& effect : out) {
    if (const auto* connect = std::get_if<Connect>(&effect)) streams.push_back(connect->stream);
  }
  ASSERT_EQ(streams.size(), 2u);
  for (StreamId stream : streams) desk.connected(now, stream);
  out.clear();
  desk.spread(now, BrokerId(2), life(2), out);
  ASSERT_EQ(out.size(), 1u);
  const control::ElectorMessage& message = std::get<Send>(out.front()).frame->request().elector_message();
  EXPECT_EQ(message.death().id(), 2);
  EXPECT_EQ(message.from(), 1);
  out.clear();
  desk.spread(now, BrokerId(7), life(7), out);
  EXPECT_TRUE(out.empty()) << "no candidate died";
}

}  // namespace
}  // namespace baton::node
