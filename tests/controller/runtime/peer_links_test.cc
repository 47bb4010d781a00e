// Connections to peers: dialled again with growing pauses, at once for one that is heard, and never waited for.
#include "controller/runtime/peer_links.h"

#include <gtest/gtest.h>

namespace baton::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PeerLinksTest : public ::testing::Test {
 protected:
  PeerLinksTest() { links.start(now, out); }
  // The number under which peer 2 was dialled last.
  StreamId dialled() const {
    StreamId last = 0;
    for (const Effect& effect : out) {
      if (const auto* connect = std::get_if<Connect>(&effect)) last = connect->stream;
    }
    return last;
  }
  size_t sent() const {
    return static_cast<size_t>(
        std::count_if(out.begin(), out.end(), [](const Effect& each) { return std::holds_alternative<Send>(each); }));
  }
  void say() { links.send(now, BrokerId(2), control::Request(), out); }
  void pass(Duration time) {
    const Instant end = now + time;
    while (links.wake_at() <= end) {
      now = std::max(now, links.wake_at());
      links.woken(now, out);
    }
    now = end;
  }

  Instant now{1'000'000'000};
  Effects out;
  PeerLinks links{{{BrokerId(2), "b", 7002}}, milliseconds(500)};
};

TEST_F(PeerLinksTest, DialsAtTheStartAndDropsWhatComesTooEarly) {
  ASSERT_EQ(out.size(), 1u);
  const Connect& connect = std::get<Connect>(out.front());
  EXPECT_EQ(connect.host, "b");
  EXPECT_EQ(connect.port, 7002);
  EXPECT_EQ(connect.stream % 2, 1u);
  say();
  EXPECT_EQ(sent(), 0u);
  links.connected(now, connect.stream);
  say();
  EXPECT_EQ(sent(), 1u);
}

TEST_F(PeerLinksTest, DialsAgainLaterAndLater) {
  std::vector<Duration> pauses;
  for (int i = 0; i < 8; ++i) {
    const StreamId stream = dialled();
    links.closed(now, stream);
    const Instant from = now;
    pass(links.wake_at() - now);
    pauses.push_back(now - from);
    EXPECT_NE(dialled(), stream);
  }
  EXPECT_EQ(pauses.front(), milliseconds(20));
  EXPECT_EQ(pauses[1], milliseconds(40));
  EXPECT_EQ(pauses.back(), milliseconds(1000));
}

TEST_F(PeerLinksTest, DialsAtOnceWhoIsHeard) {
  for (int i = 0; i < 8; ++i) {
    links.closed(now, dialled());
    if (i < 7) pass(links.wake_at() - now);
  }
  const StreamId former = dialled();
  links.heard_from(now, BrokerId(2), out);
  EXPECT_NE(dialled(), former);
  links.closed(now, dialled());
  EXPECT_EQ(links.wake_at() - now, milliseconds(20)) << "and soon again";
}

TEST_F(PeerLinksTest, AnAttemptThatLeadsNowhereIsGivenUp) {
  const StreamId first = dialled();
  pass(milliseconds(1000));
  EXPECT_FALSE(links.owns(first));
  EXPECT_TRUE(std::any_of(out.begin(), out.end(), [&](const Effect& each) {
    const auto* close = std::get_if<Close>(&each);
    return close != nullptr && close->stream == first;
  }));
}

// After a cut the kernel would try for minutes; and a process that is stopped takes all that its buffers hold.
TEST_F(PeerLinksTest, AnAnswerThatIsLateEndsTheConnection) {
  links.connected(now, dialled());
  const StreamId first = dialled();
  say();
  pass(milliseconds(499));
  EXPECT_TRUE(links.owns(first));
  pass(milliseconds(1));
  EXPECT_FALSE(links.owns(first));
  EXPECT_FALSE(links.reaches(BrokerId(2)));
}

TEST_F(PeerLinksTest, AnAnswerInTimeKeepsItAndResetsThePause) {
  links.closed(now, dialled());
  pass(links.wake_at() - now);
  links.connected(now, dialled());
  for (int i = 0; i < 100; ++i) {
    say();
    pass(milliseconds(100));
    links.answered(dialled(), static_cast<uint64_t>(i) + 1);
  }
  EXPECT_TRUE(links.reaches(BrokerId(2)));
  links.closed(now, dialled());
  EXPECT_EQ(links.wake_at() - now, milliseconds(20));
}

TEST_F(PeerLinksTest, APeerThatAnswersNothingIsOwedNoMemory) {
  links.connected(now, dialled());
  for (int i = 0; i < 10'000; ++i) say();
  EXPECT_LE(sent(), 128u);
}

}  // namespace
}  // namespace baton::node
