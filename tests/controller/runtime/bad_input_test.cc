// Strangers on the control listener: what makes no sense ends its own connection, and the listener goes on.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "base/bytes.h"
#include "base/random.h"
#include "controller/runtime/control_listener.h"

namespace baton::node {
namespace {

class ControlBadInputTest : public testing::Test {
 protected:
  ControlBadInputTest() {
    auto fd = network::listen_tcp({"127.0.0.1", 0});
    address_ = network::local_address(fd->get());
    listener_ = std::make_unique<ControlListener>(
        reactor_, std::move(*fd), true,
        ControlListener::Callbacks{[](StreamId, control::Frame) {}, [](StreamId) {}, [](BrokerId, const Incarnation&) {}});
    listener_->become(Self{BrokerId(9), Incarnation()});
    thread_ = std::thread([this] { reactor_.run(); });
  }
  ~ControlBadInputTest() override {
    reactor_.stop();
    thread_.join();
  }

  network::Fd sent(const std::string& bytes) const {
    auto fd = network::connect_tcp(address_);
    EXPECT_TRUE(fd);
    pollfd ready{fd->get(), POLLOUT, 0};
    EXPECT_EQ(poll(&ready, 1, 5000), 1);
    EXPECT_EQ(::send(fd->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    return std::move(*fd);
  }
  static std::string received(const network::Fd& fd) {
    pollfd ready{fd.get(), POLLIN, 0};
    if (poll(&ready, 1, 10'000) != 1) return "(nothing came)";
    char bytes[4096];
    ssize_t size = ::recv(fd.get(), bytes, sizeof bytes, 0);
    return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : "";
  }
  static std::string framed(const std::string& body) {
    Writer out;
    out.i32(static_cast<int32_t>(body.size()));
    out.bytes(body);
    return out.take();
  }
  void expect_answered() const {
    control::Frame probe;
    probe.mutable_watch_hello()->set_id(-1);
    std::string answer = received(sent(framed(probe.SerializeAsString())));
    control::Frame reply;
    ASSERT_GT(answer.size(), 4u);
    EXPECT_TRUE(reply.ParseFromString(answer.substr(4)) && reply.has_watch_hello_reply());
  }

  network::Reactor reactor_;
  network::Address address_;
  std::unique_ptr<ControlListener> listener_;
  std::thread thread_;
};

TEST_F(ControlBadInputTest, SizesThatMakeNoSenseEndTheConnection) {
  for (int32_t size : {-1, INT32_MIN, INT32_MAX, static_cast<int32_t>(ControlConnection::kAcceptedFrameBytesMax) + 1}) {
    Writer out;
    out.i32(size);
    EXPECT_EQ(received(sent(out.take())), "") << size;
  }
  expect_answered();
}

TEST_F(ControlBadInputTest, FramesThatSayNothingEndTheConnection) {
  EXPECT_EQ(received(sent(framed(""))), "");
  EXPECT_EQ(received(sent(framed("\xff\xff\xff\xff"))), "");
  control::Frame unasked;
  unasked.mutable_ping();
  EXPECT_EQ(received(sent(framed(unasked.SerializeAsString()))), "");
  expect_answered();
}

TEST_F(ControlBadInputTest, RandomBytesNeverStopIt) {
  SeededRandom random(3);
  std::vector<network::Fd> open;
  for (int i = 0; i < 200; ++i) {
    std::string noise;
    for (uint64_t n = 1 + random.below(200); n > 0; --n) noise.push_back(static_cast<char>(random.next()));
    open.push_back(sent(i % 3 == 0 ? noise : framed(noise)));
  }
  expect_answered();
}

}  // namespace
}  // namespace baton::node
