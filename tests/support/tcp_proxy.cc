#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/assert.h"

namespace baton::support {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

TcpProxy::TcpProxy(int target_port) : target_port_(target_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  BATON_ASSERT(bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0);
  BATON_ASSERT(listen(listener_, 64) == 0);
  BATON_ASSERT(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port_ = ntohs(address.sin_port);
  BATON_ASSERT(pipe2(wake_, O_CLOEXEC | O_NONBLOCK) == 0);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  stop_ = true;
  (void)!write(wake_[1], "x", 1);
  thread_.join();
  for (const Pair& pair : pairs_) {
    close(pair.client);
    close(pair.server);
  }
  close(listener_);
  close(wake_[0]);
  close(wake_[1]);
}

void TcpProxy::cut() {
  mode_ = Mode::kCut;
  (void)!write(wake_[1], "x", 1);
}

void TcpProxy::freeze() {
  mode_ = Mode::kFrozen;
  (void)!write(wake_[1], "x", 1);
}

void TcpProxy::slow_down(std::chrono::milliseconds by) {
  delay_ms_ = by.count();
}

void TcpProxy::restore() {
  delay_ms_ = 0;
  mode_ = Mode::kPass;
  (void)!write(wake_[1], "x", 1);
}

void TcpProxy::run() {
  while (!stop_) {
    Mode mode = mode_;
    while (mode == Mode::kCut && !pairs_.empty()) drop(pairs_.size() - 1);
    std::vector<pollfd> waits{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    if (mode == Mode::kPass) {
      for (const Pair& pair : pairs_) {
        waits.push_back({pair.client, POLLIN, 0});
        waits.push_back({pair.server, POLLIN, 0});
      }
    }
    poll(waits.data(), waits.size(), mode == Mode::kPass ? wait_ms() : -1);
    char drained[64];
    while (read(wake_[0], drained, sizeof drained) > 0) {
    }
    if (mode_ != mode) continue;
    for (size_t i = waits.size(); i > 2; i -= 2) {
      size_t index = (i - 4) / 2;
      Pair& pair = pairs_[index];
      bool good = waits[i - 2].revents == 0 || take(pair.client, pair.to_server);
      good = good && (waits[i - 1].revents == 0 || take(pair.server, pair.to_client));
      good = good && give(pair.to_server, pair.server) && give(pair.to_client, pair.client);
      if (!good) drop(index);
    }
    if (waits[1].revents != 0) accept_one();
  }
}

void TcpProxy::accept_one() {
  int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(target_port_);
  if (mode_ == Mode::kCut || connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  no_delay(client);
  no_delay(server);
  pairs_.push_back({client, server, {}, {}});
}

bool TcpProxy::take(int from, std::deque<Chunk>& into) const {
  char buffer[16 * 1024];
  const ssize_t got = recv(from, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  into.push_back({std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms_), std::string(buffer, static_cast<size_t>(got))});
  return true;
}

bool TcpProxy::give(std::deque<Chunk>& from, int to) {
  for (const Time now = std::chrono::steady_clock::now(); !from.empty() && from.front().due <= now; from.pop_front()) {
    const std::string& bytes = from.front().bytes;
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t more = send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (more <= 0) return false;
      sent += static_cast<size_t>(more);
    }
  }
  return true;
}

// Until the next byte is due.
int TcpProxy::wait_ms() const {
  Time next = Time::max();
  for (const Pair& pair : pairs_) {
    if (!pair.to_server.empty()) next = std::min(next, pair.to_server.front().due);
    if (!pair.to_client.empty()) next = std::min(next, pair.to_client.front().due);
  }
  if (next == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

void TcpProxy::drop(size_t index) {
  close(pairs_[index].client);
  close(pairs_[index].server);
  pairs_.erase(pairs_.begin() + static_cast<ptrdiff_t>(index));
}

}  // namespace baton::support
