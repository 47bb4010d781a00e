// Cuts a byte stream into frames of a 4-byte big-endian length and that many bytes (Kafka's framing). A size below zero or
// above the limit is refused before anything is allocated for it. Whole small frames cost one recv; a large one is
// received in its final place. Not thread-safe.
#pragma once

#include <optional>

#include "base/network/buffer.h"

namespace baton::network {

class FrameReader {
 public:
  explicit FrameReader(size_t frame_size_max) : frame_size_max_(frame_size_max) {}

  enum class Outcome { kFrame, kBlocked, kAgain, kClosed, kFailed, kRefused };
  // Receives until a frame is whole (kFrame, see take()), the socket has no more (kBlocked), the other end closed, the
  // socket failed (errno), or a size was refused (see refused_size()); kAgain: this turn's share is used up, call again
  // soon. With kFrame there may be more frames at hand.
  Outcome receive(int fd);
  Frame take();

  // Bytes held for the frame that is coming in.
  size_t held() const { return buffer_.capacity(); }
  bool in_frame() const { return filled_ > 0; }
  int64_t refused_size() const { return refused_size_; }

 private:
  // The size of the frame at the buffer's start, when its length field is there.
  std::optional<int64_t> announced() const;
  bool whole() const;

  size_t frame_size_max_;
  Buffer buffer_;
  size_t filled_ = 0;
  int64_t refused_size_ = 0;
};

}  // namespace baton::network
