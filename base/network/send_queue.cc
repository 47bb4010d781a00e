#include "base/network/send_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"

namespace baton::network {
namespace {

constexpr size_t kVectorsMax = 64;
constexpr int64_t kSendfileMax = 1 << 30;

int64_t size_of(const Piece& piece) {
  if (auto* bytes = std::get_if<std::string>(&piece)) return static_cast<int64_t>(bytes->size());
  return std::get<FileRange>(piece).length;
}

// The length leads the first owned piece where there is one, to save a vector.
void add_length(Message& message, int32_t size) {
  std::string length(4, '\0');
  store_be<int32_t>(length.data(), size);
  if (!message.pieces.empty() && std::holds_alternative<std::string>(message.pieces.front())) {
    std::get<std::string>(message.pieces.front()).insert(0, length);
  } else {
    message.pieces.insert(message.pieces.begin(), std::move(length));
  }
}

}  // namespace

int64_t Message::size() const {
  int64_t size = 0;
  for (auto& piece : pieces) size += size_of(piece);
  return size;
}

void SendQueue::push(Message message) {
  int64_t size = message.size();
  BATON_ASSERT(size >= 0 && size <= INT32_MAX);
  if (!message.sized) add_length(message, static_cast<int32_t>(size));
  std::erase_if(message.pieces, [](const Piece& piece) { return size_of(piece) == 0; });
  for (auto& piece : message.pieces) {
    if (auto* bytes = std::get_if<std::string>(&piece)) owned_bytes_ += bytes->size();
  }
  messages_.push_back(std::move(message));
}

SendQueue::Outcome SendQueue::send(int fd) {
  while (!messages_.empty()) {
    auto* range = std::get_if<FileRange>(&messages_.front().pieces[piece_]);
    ssize_t sent;
    if (range != nullptr) {
      if (!allowed(1)) return Outcome::kForbidden;
      sent = send_file(fd, *range);
    } else {
      sent = send_owned(fd);
      if (sent == -2) return Outcome::kForbidden;
    }
    if (sent < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Outcome::kBlocked;
      if (errno == EINTR) continue;
      return Outcome::kFailed;
    }
  }
  return Outcome::kEmpty;
}

bool SendQueue::allowed(size_t messages) {
  for (size_t i = 0; i < messages; ++i) {
    if (messages_[i].still_allowed && !messages_[i].still_allowed()) return false;
  }
  return true;
}

// Gathers owned pieces up to the first file range. -2: forbidden.
ssize_t SendQueue::send_owned(int fd) {
  iovec vectors[kVectorsMax];
  size_t count = 0;
  size_t messages = 0;
  bool file_follows = false;
  for (size_t m = 0; m < messages_.size() && count < kVectorsMax && !file_follows; ++m) {
    messages = m + 1;
    auto& pieces = messages_[m].pieces;
    for (size_t p = m == 0 ? piece_ : 0; p < pieces.size() && count < kVectorsMax; ++p) {
      auto* bytes = std::get_if<std::string>(&pieces[p]);
      if (bytes == nullptr) {
        file_follows = true;
        break;
      }
      size_t skip = m == 0 && p == piece_ ? sent_ : 0;
      vectors[count++] = {bytes->data() + skip, bytes->size() - skip};
    }
  }
  if (!allowed(messages)) return -2;
  msghdr header{};
  header.msg_iov = vectors;
  header.msg_iovlen = count;
  ssize_t sent = ::sendmsg(fd, &header, MSG_NOSIGNAL | (file_follows ? MSG_MORE : 0));
  if (sent >= 0) consume(static_cast<size_t>(sent));
  return sent;
}

ssize_t SendQueue::send_file(int fd, FileRange& range) {
  off_t position = range.position;
  ssize_t sent = ::sendfile(fd, range.fd, &position, static_cast<size_t>(std::min(range.length, kSendfileMax)));
  if (sent == 0) {
    errno = EIO;
    return -1;
  }
  if (sent > 0) {
    range.position += sent;
    range.length -= sent;
    if (range.length == 0) drop_finished_piece();
  }
  return sent;
}

void SendQueue::consume(size_t sent) {
  while (!messages_.empty()) {
    auto* bytes = std::get_if<std::string>(&messages_.front().pieces[piece_]);
    if (bytes == nullptr) return;
    size_t left = bytes->size() - sent_;
    if (sent < left) {
      sent_ += sent;
      return;
    }
    sent -= left;
    owned_bytes_ -= bytes->size();
    drop_finished_piece();
  }
}

void SendQueue::drop_finished_piece() {
  sent_ = 0;
  if (++piece_ == messages_.front().pieces.size()) {
    messages_.pop_front();
    piece_ = 0;
  }
}

}  // namespace baton::network
