// The one door to the disk. The real one (posix_file_system.h) calls the operating system; its twin in memory
// (memory_file_system.h) models the page cache, so that tests and the simulator can lose what was not synced.
//
// Thread-safety: a FileSystem may be used by any thread. A File may be read by several threads at once; it has one writer.
// Errors: ErrorCode::kResourceNotFound where a path does not exist, kDuplicateBrokerRegistration where a lock is held by
// another process, kKafkaStorageError for everything else that the disk refuses.
//
// Names: nothing is followed through a symbolic link at the last component, every descriptor is close-on-exec, and what is
// created is readable by its owner alone (directories 0700, files 0600).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

class File {
 public:
  virtual ~File() = default;

  // Reads up to `length` bytes at `position` into `to`; fewer only at the end of the file.
  virtual Result<size_t> read_at(uint64_t position, char* to, size_t length) const = 0;
  // Writes the pieces one after the other from `position` on, with one system call where the kernel takes them all. After
  // an error any prefix of the bytes may be there: the caller cuts the file back or stops using it.
  virtual Status write_at(uint64_t position, std::span<const std::string_view> pieces) = 0;
  Status write_at(uint64_t position, std::string_view bytes) { return write_at(position, std::span(&bytes, 1)); }

  virtual Result<uint64_t> size() const = 0;
  virtual Status truncate(uint64_t size) = 0;
  // fdatasync: on success the bytes and the size survive a crash of the machine. The name survives only after
  // sync_directory. After a failure the state of the page cache is unknown (fsyncgate): never retry, treat the file as lost.
  virtual Status sync() = 0;
  virtual Result<uint64_t> inode() const = 0;
  // For sendfile(2); -1 in the twin, whose bytes are had by read_at alone.
  virtual int native_handle() const = 0;
};

// Held as long as the object lives; the kernel lets go of it when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
  virtual uint64_t inode() const = 0;
};

enum class OpenMode {
  kRead,
  kReadWrite,  // must exist
  kCreate,     // read and write; created if it is missing
  kCreateNew,  // read and write; an error if it exists
};

// What says that a directory is still on the file system that it was on.
struct FileSystemIdentity {
  // Type and id of the file system, for equality only.
  std::string id;
  // False for network file systems and for every type that is not known to be local.
  bool local = false;
  friend bool operator==(const FileSystemIdentity&, const FileSystemIdentity&) = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The file stays readable through the returned pointer after it has been removed or renamed.
  virtual Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Names in the directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  // Creates one directory; no error if it is there. The parent must exist.
  virtual Status make_directory(const std::string& path) = 0;
  virtual Status remove(const std::string& path) = 0;
  // The directory and everything below it; no error if it is missing.
  virtual Status remove_tree(const std::string& directory) = 0;
  // Replaces `to` atomically. Survives a crash of the machine only after sync_directory of both parents.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status sync_directory(const std::string& directory) = 0;
  // An exclusive flock(2) on the file, created if missing; never waits.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  virtual Result<FileSystemIdentity> identity(const std::string& path) = 0;
  // syncfs(2) of the file system that holds the directory; reports write-back errors that nobody has seen yet.
  virtual Status sync_file_system(const std::string& directory) = 0;
};

// The whole file; an error if it is larger than `bytes_max`.
Result<std::string> read_whole_file(FileSystem& files, const std::string& path, size_t bytes_max = 64 << 20);

// Whether an atomic write must also survive a crash of the machine, or only of the process.
enum class Durability { kProcessCrash, kMachineCrash };

// Writes `<path>.tmp` and renames it over `path`: a reader sees the old bytes or the new, never a mixture.
Status write_file_atomically(FileSystem& files, const std::string& path, std::string_view bytes, Durability durability);

// "a/b" from "a" and "b"; the directory part of a path, "." if there is none.
std::string join_path(std::string_view directory, std::string_view name);
std::string parent_of(std::string_view path);

}  // namespace baton
