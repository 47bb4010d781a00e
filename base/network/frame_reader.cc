#include "base/network/frame_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"

namespace baton::network {
namespace {

constexpr size_t kLengthField = 4;
// Enough for the requests of every API but Produce; what comes beyond the first frame is copied to the next buffer.
constexpr size_t kFirstCapacity = 4096;
// What a frame may have allocated on its word alone; beyond it, never more than twice what has really come is held. Small
// enough that ten thousand connections which only announce frames stay well below ConnectionLimits::held_bytes_max.
constexpr size_t kTrustedCapacity = size_t{16} * 1024;
// One connection's turn; others of the same reactor get theirs in between.
constexpr size_t kTurnBytes = size_t{1024} * 1024;

}  // namespace

std::optional<int64_t> FrameReader::announced() const {
  if (filled_ < kLengthField) return std::nullopt;
  return load_be<int32_t>(buffer_.data());
}

bool FrameReader::whole() const {
  auto size = announced();
  return size && static_cast<int64_t>(filled_ - kLengthField) >= *size;
}

FrameReader::Outcome FrameReader::receive(int fd) {
  for (size_t received = 0;;) {
    if (auto size = announced()) {
      if (*size < 0 || static_cast<uint64_t>(*size) > frame_size_max_) {
        refused_size_ = *size;
        return Outcome::kRefused;
      }
      if (whole()) return Outcome::kFrame;
      if (received >= kTurnBytes) return Outcome::kAgain;
      size_t wanted = kLengthField + static_cast<size_t>(*size);
      if (filled_ == buffer_.capacity() || buffer_.capacity() < std::min(wanted, kTrustedCapacity)) {
        buffer_.grow(std::min(wanted, std::max(buffer_.capacity() * 2, kTrustedCapacity)));
      }
    } else if (buffer_.capacity() == 0) {
      buffer_.grow(kFirstCapacity);
    }
    ssize_t got = ::recv(fd, buffer_.data() + filled_, buffer_.capacity() - filled_, 0);
    if (got > 0) {
      filled_ += static_cast<size_t>(got);
      received += static_cast<size_t>(got);
    } else if (got == 0) {
      return Outcome::kClosed;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (filled_ == 0) buffer_ = Buffer();
      return Outcome::kBlocked;
    } else if (errno != EINTR) {
      return Outcome::kFailed;
    }
  }
}

Frame FrameReader::take() {
  BATON_ASSERT(whole());
  Frame frame;
  frame.offset = kLengthField;
  frame.size = static_cast<size_t>(*announced());
  size_t used = kLengthField + frame.size;
  size_t excess = filled_ - used;
  Buffer next;
  if (excess > 0) {
    next.grow(std::max(excess, kFirstCapacity));
    std::memcpy(next.data(), buffer_.data() + used, excess);
  }
  frame.buffer = std::move(buffer_);
  buffer_ = std::move(next);
  filled_ = excess;
  return frame;
}

}  // namespace baton::network
