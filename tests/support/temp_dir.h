// A directory that is there for one test and gone with all it holds afterwards.
#pragma once

#include <filesystem>
#include <string>

namespace baton::support {

class TempDir {
 public:
  // Under TMPDIR, or /tmp. Aborts when none can be made.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  // Leaves the directory where it is, for a person to look at after a failure.
  void keep() { keep_ = true; }

 private:
  std::filesystem::path path_;
  bool keep_ = false;
};

// A TCP port of 127.0.0.1 that nobody listened on a moment ago. Another process may take it before you do: where you can,
// bind port 0 yourself instead.
int free_port();
// The same below what the system gives to clients, so that no outgoing connection takes it while its server is down: for a server
// that is to come back on it. No two calls of a process give the same.
int free_port_to_come_back_on();

}  // namespace baton::support
