// What is sent: pieces of owned bytes and of files. A file's piece goes from the page cache to the socket by sendfile(2),
// never through this process's memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/function.h"

namespace baton::network {

struct FileRange {
  std::shared_ptr<const void> holder;  // keeps `fd` open
  int fd = -1;
  int64_t position = 0;
  int64_t length = 0;
};

using Piece = std::variant<std::string, FileRange>;

struct Message {
  std::vector<Piece> pieces;
  // The first piece, owned, begins with the 4-byte length of the whole already.
  bool sized = false;
  // Asked each time just before bytes of this message go to the kernel (R5: the lease may have run out since the answer
  // was made). False: the message is dropped and the connection closed. Empty: always allowed.
  Function<bool()> still_allowed;

  Message() = default;
  explicit Message(std::string bytes) { pieces.emplace_back(std::move(bytes)); }
  int64_t size() const;
};

}  // namespace baton::network
