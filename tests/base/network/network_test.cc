#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include "base/network/client.h"
#include "tests/base/network/serving.h"

namespace baton::network {
namespace {

TEST_F(NetworkTest, AnswersLeaveInTheOrderOfTheRequests) {
  std::vector<Ticket> tickets;
  serve({}, [&](const std::shared_ptr<Connection>& connection, Ticket ticket, Frame) {
    tickets.push_back(ticket);
    if (tickets.size() < 3) return;
    connection->respond(tickets[2], Message(std::string("third")));
    connection->release(tickets[1]);
    connection->respond(tickets[0], Message(std::string("first")));
  });
  Fd fd = connect();
  send_raw(fd, framed("a") + framed("b") + framed("c"));
  EXPECT_EQ(receive(fd, 18), framed("first") + framed("third"));
}

TEST_F(NetworkTest, FramesComeWholeHoweverTheyAreCut) {
  serve({}, echo);
  Fd fd = connect();
  std::string large(3'000'000, 'x');
  large[2'999'999] = 'y';
  std::string stream = framed("small") + framed(large) + framed("");
  std::thread writer([&] {
    for (size_t at = 0, step = 1; at < stream.size(); at += step, step = step * 2 + 1) send_raw(fd, stream.substr(at, step));
  });
  std::string back = receive(fd, stream.size());
  writer.join();
  EXPECT_TRUE(back == stream);
}

TEST_F(NetworkTest, NegativeAndHugeFramesCloseTheConnectionAndOthersGoOn) {
  ServerOptions options;
  options.limits.frame_size_max = 1000;
  serve(options, echo);
  Fd good = connect();
  for (int32_t size : {-1, INT32_MIN, 1001, INT32_MAX}) {
    Fd bad = connect();
    Writer out;
    out.i32(size);
    send_raw(bad, out.view());
    EXPECT_TRUE(ended(bad)) << size;
  }
  send_raw(good, framed(std::string(1000, 'k')));
  EXPECT_EQ(receive(good, 1004), framed(std::string(1000, 'k')));
}

TEST_F(NetworkTest, FileRangesAreSentBetweenOwnedBytes) {
  char path[] = "/tmp/baton-network-XXXXXX";
  int file = mkstemp(path);
  unlink(path);
  std::string content;
  for (int i = 0; i < 200'000; ++i) content += static_cast<char>(i * 7);
  ASSERT_EQ(::write(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  auto holder = std::make_shared<Fd>(file);
  serve({}, [&](const std::shared_ptr<Connection>& connection, Ticket ticket, Frame) {
    Message message;
    message.pieces.emplace_back(std::string("head"));
    message.pieces.emplace_back(FileRange{holder, file, 5, 150'000});
    message.pieces.emplace_back(std::string());
    message.pieces.emplace_back(FileRange{holder, file, 0, 0});
    message.pieces.emplace_back(FileRange{holder, file, 100, 1});
    message.pieces.emplace_back(std::string("tail"));
    connection->respond(ticket, std::move(message));
  });
  Fd fd = connect();
  std::string expected = framed("head" + content.substr(5, 150'000) + content.substr(100, 1) + "tail");
  send_raw(fd, framed("1") + framed("2"));
  EXPECT_TRUE(receive(fd, 2 * expected.size()) == expected + expected);
}

TEST_F(NetworkTest, AnAnswerThatIsNoLongerAllowedIsWithheldAndTheConnectionCloses) {
  serve({}, [&](const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame) {
    Message message(std::string(frame.view()));
    bool allowed = frame.view() == "fine";
    message.still_allowed = [allowed] { return allowed; };
    connection->respond(ticket, std::move(message));
  });
  Fd fd = connect();
  send_raw(fd, framed("fine"));
  EXPECT_EQ(receive(fd, 8), framed("fine"));
  send_raw(fd, framed("late"));
  EXPECT_TRUE(ended(fd));
}

TEST_F(NetworkTest, ConnectionsAreFinite) {
  ServerOptions options;
  options.connections_max = 1;
  serve(options, echo);
  Fd first = connect();
  send_raw(first, framed("x"));
  EXPECT_EQ(receive(first, 5), framed("x"));
  Fd second = connect();
  EXPECT_TRUE(ended(second));
}

TEST_F(NetworkTest, AnIdleConnectionIsClosed) {
  ServerOptions options;
  options.limits.idle_max = std::chrono::milliseconds(50);
  serve(options, echo);
  Fd fd = connect();
  EXPECT_TRUE(ended(fd));
}

TEST_F(NetworkTest, ReadingStopsWhileRequestsHoldTheBudgetAndGoesOnAfterwards) {
  std::mutex mutex;
  std::vector<std::pair<std::shared_ptr<Connection>, Ticket>> held;
  ServerOptions options;
  options.limits.held_bytes_max = 1;
  serve(options, [&](const std::shared_ptr<Connection>& connection, Ticket ticket, Frame) {
    std::lock_guard lock(mutex);
    held.emplace_back(connection, ticket);
  });
  Fd fd = connect();
  send_raw(fd, framed("one"));
  auto held_now = [&] {
    std::lock_guard lock(mutex);
    return held.size();
  };
  auto deadline = SystemClock().now() + std::chrono::seconds(5);
  while (held_now() < 1 && SystemClock().now() < deadline) std::this_thread::yield();
  Fd other = connect();
  send_raw(other, framed("two"));
  pollfd none{other.get(), POLLIN, 0};
  EXPECT_EQ(poll(&none, 1, 30), 0);
  EXPECT_EQ(held_now(), 1U);
  reactor_.post([&] { held[0].first->respond(held[0].second, Message(std::string("done"))); });
  EXPECT_EQ(receive(fd, 8), framed("done"));
  while (held_now() < 2 && SystemClock().now() < deadline) std::this_thread::yield();
  EXPECT_EQ(held_now(), 2U);
  std::lock_guard lock(mutex);
  held.clear();
}

TEST_F(NetworkTest, AClientGetsItsAnswersAndIsToldWhenTheServerIsGone) {
  serve({}, echo);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> got;
  std::string reason;
  Client::Callbacks callbacks;
  callbacks.on_connected = [] {};
  callbacks.on_frame = [&](Frame frame) {
    std::lock_guard lock(mutex);
    got.emplace_back(frame.view());
    changed.notify_all();
  };
  callbacks.on_closed = [&](std::string why) {
    std::lock_guard lock(mutex);
    reason = std::move(why);
    changed.notify_all();
  };
  auto client = std::make_shared<Client>(reactor_, ClientOptions{}, std::move(callbacks));
  reactor_.post([&] {
    client->start(address_);
    client->send(Message(std::string("one")));
    client->send(Message(std::string("two")));
  });
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return got.size() == 2; }));
  EXPECT_EQ(got, (std::vector<std::string>{"one", "two"}));
  server_->stop();
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return !reason.empty(); }));
}

TEST_F(NetworkTest, AClientIsToldOfARefusal) {
  Fd listener = std::move(*listen_tcp({"127.0.0.1", 0}));
  Address nobody = local_address(listener.get());
  listener.reset();
  serve({}, echo);
  std::mutex mutex;
  std::condition_variable changed;
  bool closed = false;
  Client::Callbacks callbacks;
  callbacks.on_connected = [] { ADD_FAILURE(); };
  callbacks.on_frame = [](Frame) {};
  callbacks.on_closed = [&](std::string) {
    std::lock_guard lock(mutex);
    closed = true;
    changed.notify_all();
  };
  auto client = std::make_shared<Client>(reactor_, ClientOptions{}, std::move(callbacks));
  reactor_.post([&] { client->start(nobody); });
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return closed; }));
}

TEST(ReactorTest, TasksRunInOrderAndACancelledTimerNeverFires) {
  Reactor reactor;
  std::vector<int> order;
  Timer never(reactor);
  Timer soon(reactor);
  never.start(std::chrono::milliseconds(1), [&] { order.push_back(99); });
  never.cancel();
  reactor.post([&] { order.push_back(1); });
  reactor.post([&] {
    order.push_back(2);
    EXPECT_TRUE(reactor.on_thread());
    soon.start(std::chrono::milliseconds(5), [&] { reactor.stop(); });
  });
  reactor.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace baton::network
