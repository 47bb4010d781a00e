// A resource that is fenced: a file that is replaced as a whole, and that takes nothing from a token older than one that it has seen.
//
// It is what keeps the rule, not whoever writes: look and replacement are one step under a lock that all writers share, and the highest
// token seen is stored in the file itself, so that it can not be forgotten. Whatever can compare and set does as well: a database's
// `UPDATE … WHERE token <= :token`, an object store's conditional put.
//
// Thread-safe, and safe between processes of one machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace baton::fencing {

enum class Outcome { kWritten, kStale, kFailed };

struct Content {
  int32_t token = 0;  // of who wrote it
  std::string data;
};

class FencedFile {
 public:
  explicit FencedFile(std::string path) : path_(std::move(path)) {}

  // kStale: a newer token was here before, and nothing was changed. kFailed: the disk or the lock says no, errno says why.
  Outcome write(int32_t token, const std::string& data);
  // None before the first write, and of a file that is not ours.
  std::optional<Content> read() const;

 private:
  bool replace(const Content& content) const;
  std::string path_;
};

}  // namespace baton::fencing
