#include "examples/fencing/fenced_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace baton::fencing {
namespace {

// Held until it is destroyed. A file of its own, since the other is replaced.
class Lock {
 public:
  explicit Lock(const std::string& path) : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    held_ = fd_ >= 0 && flock(fd_, LOCK_EX) == 0;
  }
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  bool held() const { return held_; }

 private:
  int fd_;
  bool held_;
};

bool sync(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced;
}

}  // namespace

Outcome FencedFile::write(int32_t token, const std::string& data) {
  const Lock lock(path_ + ".lock");
  if (!lock.held()) return Outcome::kFailed;
  const std::optional<Content> now = read();
  if (now && token < now->token) return Outcome::kStale;
  return replace({token, data}) ? Outcome::kWritten : Outcome::kFailed;
}

// Written aside and renamed: a crash leaves the old content or the new one, and with it the highest token.
bool FencedFile::replace(const Content& content) const {
  const std::string aside = path_ + ".new";
  std::ofstream file(aside, std::ios::trunc | std::ios::binary);
  file << content.token << "\n" << content.data;
  file.close();
  if (!file || !sync(aside, O_RDONLY) || rename(aside.c_str(), path_.c_str()) != 0) return false;
  const size_t slash = path_.rfind('/');
  return sync(slash == std::string::npos ? "." : path_.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
}

std::optional<Content> FencedFile::read() const {
  std::ifstream file(path_, std::ios::binary);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  Content content;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), content.token);
  if (error != std::errc() || end != line.data() + line.size()) return std::nullopt;
  std::ostringstream rest;
  rest << file.rdbuf();
  content.data = rest.str();
  return content;
}

}  // namespace baton::fencing
