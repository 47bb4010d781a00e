// Messages on their way to one socket, each led by its 4-byte length, which is added unless it is there. Small ones leave together in one
// system call. Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>

#include "base/network/message.h"

namespace baton::network {

class SendQueue {
 public:
  // REQUIRES: message.size() < 2^31.
  void push(Message message);
  enum class Outcome { kEmpty, kBlocked, kFailed, kForbidden };
  // Sends until the queue is empty, the socket takes no more, it failed (errno; EIO: a file is shorter than promised), or a
  // message is not allowed any more.
  Outcome send(int fd);
  bool empty() const { return messages_.empty(); }
  // Bytes owned by the queue, file ranges not counted.
  size_t owned_bytes() const { return owned_bytes_; }

 private:
  // Either sends some bytes of owned pieces (of several messages) or of one file range; the bytes sent, or -1 with errno.
  ssize_t send_owned(int fd);
  ssize_t send_file(int fd, FileRange& range);
  void consume(size_t sent);
  void drop_finished_piece();
  bool allowed(size_t messages);

  std::deque<Message> messages_;
  size_t piece_ = 0;  // of the front message
  size_t sent_ = 0;   // bytes of that piece, when it is owned
  size_t owned_bytes_ = 0;
};

}  // namespace baton::network
