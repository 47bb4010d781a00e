// Keeps one small file up to date, on a thread of its own: an fsync may take as long as the disk likes, and the event thread has
// heartbeats to answer. Each content replaces the one before whole (written aside, synced, renamed, the directory synced). Of several
// that wait only the last is written.
//
// Threading: keep() from one thread; `done` is called on the keeper's own. The thread begins with the first content.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/file_system.h"
#include "base/function.h"

namespace baton::node {

class FileKeeper {
 public:
  // After an error nothing is written any more: what the disk holds is not known then.
  using Done = Function<void(uint64_t number, Status)>;
  // `files` outlives the keeper and is used on its thread alone.
  FileKeeper(FileSystem& files, std::string path, Done done);
  // What waits is not written any more.
  ~FileKeeper();

  void keep(uint64_t number, std::string bytes);

 private:
  struct Content {
    uint64_t number = 0;
    std::string bytes;
  };
  void run();

  FileSystem& files_;
  const std::string path_;
  Done done_;
  std::mutex mutex_;  // guards the two below
  std::optional<Content> waiting_;
  bool ending_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace baton::node
