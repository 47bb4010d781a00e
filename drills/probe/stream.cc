#include "drills/probe/stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

namespace baton::drills {

bool Stream::open(const client::Address& address) {
  close();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) return false;
  fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bool begun = connect(fd_, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS;
  freeaddrinfo(found);
  if (!begun) close();
  return begun;
}

void Stream::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  broken_ = false;
  out_.clear();
  in_.clear();
  taken_ = 0;
}

short Stream::events() const {
  return static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT));
}

void Stream::send(std::string_view frame) {
  out_.append(frame);
  if (!flush()) broken_ = true;
}

bool Stream::flush() {
  size_t sent = 0;
  while (sent < out_.size()) {
    ssize_t count = ::send(fd_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) {
      if (errno == EINTR) continue;
      // Not connected yet is not broken either.
      if (errno == EAGAIN || errno == ENOTCONN) break;
      return false;
    }
    sent += static_cast<size_t>(count);
  }
  out_.erase(0, sent);
  return true;
}

bool Stream::pump() {
  if (broken_ || !flush()) return false;
  in_.erase(0, taken_);
  taken_ = 0;
  for (;;) {
    char buffer[65536];
    ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
    if (count > 0) {
      in_.append(buffer, static_cast<size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) return true;
    // Whole frames that came before the end are still good.
    broken_ = true;
    return in_.size() >= 4;
  }
}

std::optional<std::string_view> Stream::next() {
  if (in_.size() - taken_ < 4) return std::nullopt;
  size_t length = load_be<uint32_t>(in_.data() + taken_);
  if (in_.size() - taken_ - 4 < length) return std::nullopt;
  std::string_view frame(in_.data() + taken_ + 4, length);
  taken_ += 4 + length;
  return frame;
}

}  // namespace baton::drills
