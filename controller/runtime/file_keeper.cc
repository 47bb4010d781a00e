#include "controller/runtime/file_keeper.h"

#include <pthread.h>

#include <utility>

namespace baton::node {

FileKeeper::FileKeeper(FileSystem& files, std::string path, Done done) : files_(files), path_(std::move(path)), done_(std::move(done)) {}

FileKeeper::~FileKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FileKeeper::keep(uint64_t number, std::string bytes) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = Content{number, std::move(bytes)};
  }
  wake_.notify_one();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void FileKeeper::run() {
  pthread_setname_np(pthread_self(), "baton-promises");
  for (;;) {
    Content content;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || waiting_; });
      if (ending_) return;
      content = std::move(*std::exchange(waiting_, std::nullopt));
    }
    const Status written = write_file_atomically(files_, path_, content.bytes, Durability::kMachineCrash);
    done_(content.number, written);
    if (!written) return;
  }
}

}  // namespace baton::node
