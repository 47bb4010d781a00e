// What strangers can make a server hold: connections, requests that do not come, answers that are not taken.
#include <sys/resource.h>

#include <atomic>

#include "tests/base/network/serving.h"
#include "tests/support/wait.h"

namespace baton::network {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::wait_for;

constexpr int32_t kHundredMb = 100 * 1024 * 1024;
constexpr int64_t kKb = 1024;
constexpr int64_t kMb = 1024 * kKb;

class BoundsTest : public NetworkTest {
 protected:
  // Two descriptors a connection, both in this process.
  static void allow_descriptors(rlim_t wanted) {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0) << "the test needs " << wanted << " file descriptors: ulimit -n";
  }
  void expect_served() {
    Fd good = connect();
    send_raw(good, framed("good"));
    EXPECT_EQ(receive(good, 8), framed("good"));
  }
};

TEST_F(BoundsTest, ManyThatAnnounceMuchAndSendLittleMakeItHoldLittle) {
  constexpr int kMany = 1000;
  constexpr size_t kSent = 1000;
  allow_descriptors(2 * kMany + 100);
  serve({}, echo);
  std::vector<Fd> many;
  for (int i = 0; i < kMany; ++i) {
    many.push_back(connect());
    send_raw(many.back(), announced(kHundredMb) + std::string(kSent - 4, 'x'));
  }
  auto all_came = [&] { return server_->connections() == kMany && server_->held_bytes() >= static_cast<int64_t>(kMany * kSent); };
  ASSERT_TRUE(wait_for(seconds(20), all_came)) << server_->connections() << " " << server_->held_bytes();
  EXPECT_LE(server_->held_bytes(), 20 * kMb) << "100 GB were announced";
  expect_served();
  many.clear();
  EXPECT_TRUE(wait_for(seconds(20), [&] { return server_->connections() <= 1 && server_->held_bytes() == 0; })) << server_->held_bytes();
}

TEST_F(BoundsTest, ALargeFrameIsGivenMemoryAsItComes) {
  serve({}, echo);
  Fd fd = connect();
  send_raw(fd, announced(kHundredMb));
  std::string part(static_cast<size_t>(kMb), 'x');
  for (int sent = 1; sent <= 8; ++sent) {
    send_raw(fd, part);
    ASSERT_TRUE(wait_for(seconds(10), [&] { return server_->held_bytes() >= sent * kMb; }));
    EXPECT_LE(server_->held_bytes(), 2 * kMb * sent + 64 * kKb);
  }
}

TEST_F(BoundsTest, ThoseWhoStallInsideAFrameGoWhenMemoryIsShortAndOthersAreServed) {
  ServerOptions options;
  options.limits.held_bytes_max = 64 * kKb;
  options.limits.stalled_max = milliseconds(50);
  serve(options, echo);
  std::vector<Fd> stalled;
  for (int i = 0; i < 8; ++i) {
    stalled.push_back(connect());
    send_raw(stalled.back(), announced(kHundredMb) + std::string(30'000, 'x'));
  }
  expect_served();
  EXPECT_LT(server_->held_bytes(), options.limits.held_bytes_max);
}

TEST_F(BoundsTest, ThoseWhoStallKeepTheirConnectionWhileThereIsMemory) {
  ServerOptions options;
  options.limits.stalled_max = milliseconds(10);
  serve(options, echo);
  Fd slow = connect();
  send_raw(slow, announced(4) + "ha");
  // Sweeps go by: the other server looks as often, and closes what has been idle for longer.
  pollfd none{slow.get(), POLLIN, 0};
  EXPECT_EQ(poll(&none, 1, 60), 0);
  send_raw(slow, "lf");
  EXPECT_EQ(receive(slow, 8), framed("half"));
}

TEST_F(BoundsTest, ThoseWhoDoNotTakeTheirAnswersGoWhenMemoryIsShort) {
  ServerOptions options;
  options.limits.held_bytes_max = kMb;
  options.limits.stalled_max = milliseconds(50);
  options.listen.send_buffer_bytes = 64 * 1024;
  serve(options, [](const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame) {
    bool large = frame.view() == "large";
    connection->respond(ticket, Message(large ? std::string(static_cast<size_t>(16 * kMb), 'x') : std::string(frame.view())));
  });
  Fd lazy = connect();
  send_raw(lazy, framed("large"));
  ASSERT_TRUE(wait_for(seconds(10), [&] { return server_->held_bytes() > kMb; }));
  expect_served();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return server_->held_bytes() < kMb; }));
}

TEST_F(BoundsTest, ConnectionsOfOneHostAreFiniteAndAPlaceIsFreeAgainWhenOneEnds) {
  ServerOptions options;
  options.connections_per_host_max = 1;
  serve(options, echo);
  Fd first = connect();
  send_raw(first, framed("x"));
  EXPECT_EQ(receive(first, 5), framed("x"));
  EXPECT_TRUE(ended(connect()));
  first.reset();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return server_->connections() == 0; }));
  expect_served();
}

TEST(Listening, ConnectionsGetTheBuffersThatWereAskedFor) {
  ListenOptions options;
  options.receive_buffer_bytes = 20'000;
  options.send_buffer_bytes = 30'000;
  Fd listener = std::move(*listen_tcp({"127.0.0.1", 0}, options));
  Fd client = std::move(*connect_tcp(local_address(listener.get())));
  pollfd ready{listener.get(), POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, 5000), 1);
  Fd accepted = accept_tcp(listener.get());
  auto buffer = [&](int which) {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    getsockopt(accepted.get(), SOL_SOCKET, which, &bytes, &size);
    return bytes;
  };
  // Linux doubles what it is asked for, for its own bookkeeping.
  EXPECT_EQ(buffer(SO_RCVBUF), 40'000);
  EXPECT_EQ(buffer(SO_SNDBUF), 60'000);
}

}  // namespace
}  // namespace baton::network
