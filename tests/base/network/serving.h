// A server on a reactor's thread of its own, and raw sockets to ask it with. The test's handler runs on that thread.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/network/server.h"

namespace baton::network {

// A server on one reactor thread; the test's handler runs there.
class NetworkTest : public testing::Test {
 protected:
  void serve(ServerOptions options, FrameHandler handler) {
    server_ = std::make_unique<Server>(std::vector<Reactor*>{&reactor_}, options, std::move(handler));
    auto bound = server_->listen({"127.0.0.1", 0});
    ASSERT_TRUE(bound);
    address_ = *bound;
    server_->start();
    thread_ = std::thread([this] { reactor_.run(); });
  }
  void TearDown() override {
    reactor_.stop();
    if (thread_.joinable()) thread_.join();
  }
  Fd connect() {
    auto fd = connect_tcp(address_);
    EXPECT_TRUE(fd);
    pollfd ready{fd->get(), POLLOUT, 0};
    EXPECT_EQ(poll(&ready, 1, 5000), 1);
    fcntl(fd->get(), F_SETFL, 0);
    return std::move(*fd);
  }
  // Announces a frame of that size and sends nothing of it.
  static std::string announced(int32_t size) {
    Writer out;
    out.i32(size);
    return out.take();
  }
  static void send_raw(const Fd& fd, const std::string& bytes) {
    ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  static std::string framed(const std::string& body) {
    Writer out;
    out.i32(static_cast<int32_t>(body.size()));
    out.bytes(body);
    return out.take();
  }
  // Exactly `size` bytes, or fewer at the connection's end or after 5 s.
  static std::string receive(const Fd& fd, size_t size) {
    std::string got;
    while (got.size() < size) {
      pollfd ready{fd.get(), POLLIN, 0};
      if (poll(&ready, 1, 5000) != 1) break;
      char raw[65536];
      ssize_t n = ::recv(fd.get(), raw, std::min(sizeof raw, size - got.size()), 0);
      if (n <= 0) break;
      got.append(raw, static_cast<size_t>(n));
    }
    return got;
  }
  static bool ended(const Fd& fd) {
    pollfd ready{fd.get(), POLLIN, 0};
    if (poll(&ready, 1, 5000) != 1) return false;
    char raw;
    return ::recv(fd.get(), &raw, 1, 0) <= 0;
  }

  Reactor reactor_;
  std::unique_ptr<Server> server_;
  Address address_;
  std::thread thread_;
};

inline void echo(const std::shared_ptr<Connection>& connection, Ticket ticket, Frame frame) {
  connection->respond(ticket, Message(std::string(frame.view())));
}

}  // namespace baton::network
