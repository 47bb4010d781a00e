// The twin of the disk, in memory and deterministic: same calls, same random stream, same outcome.
// It keeps two versions of every file and directory: what processes see (the page cache) and what a crash of the machine
// leaves (the platter). kill -9 loses nothing; lose_unsynced() is the power cut. Not thread-safe.
//
// Of a file that was written since its last sync a power cut keeps what was synced and, at random, none of what came after,
// all of it, a prefix, or the new size with old bytes or zeros in place of some pages, as delayed allocation does. Of the
// names created, renamed and removed in a directory since its last sync a random number of the first changes survives, as a
// journal of metadata would have it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/random.h"

namespace baton {

class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status remove_tree(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status sync_directory(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<FileSystemIdentity> identity(const std::string& path) override;
  Status sync_file_system(const std::string& directory) override;

  // The machine crashes: open files go stale (every call on them fails), locks are let go.
  void lose_unsynced(Random& random);
  // The process crashes: open files go stale, locks are let go, no byte is lost.
  void kill_process();

  // Fault points. Each stays until it is taken back.
  // Every write fails with "no space left" once this many bytes in all are stored.
  void set_capacity(uint64_t bytes);
  // The n-th write from now (1 = the next) stores only its first `bytes` bytes and fails.
  void tear_write(int nth, uint64_t bytes);
  // Every write, sync or truncate of a path that contains `part` fails; empty takes the fault back.
  void fail_paths_with(std::string part);
  void fail_sync_file_system(bool fail);
  void set_identity(FileSystemIdentity identity);

  uint64_t syncs() const;
  // Flips one bit of a stored file, past the cache and without any trace. REQUIRES: the byte exists.
  void flip_bit(const std::string& path, uint64_t byte, int bit);

 private:
  struct State;
  friend class MemoryFile;
  friend class MemoryLock;
  std::shared_ptr<State> state_;
};

}  // namespace baton
