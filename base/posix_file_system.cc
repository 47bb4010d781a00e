#include "base/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace baton {
namespace {

tl::unexpected<Error> failed(std::string_view what, std::string_view path, int error = errno) {
  const auto code = error == ENOENT ? ErrorCode::kResourceNotFound : ErrorCode::kKafkaStorageError;
  return fail(code, fmt::format("cannot {} {}: {}", what, path, std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_retrying(const char* path, int flags, mode_t mode = 0600) {
  for (;;) {
    const int fd = ::open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<size_t> read_at(uint64_t position, char* to, size_t length) const override {
    size_t done = 0;
    while (done < length) {
      const ssize_t n = ::pread(fd_.get(), to + done, length - done, static_cast<off_t>(position + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("read", path_);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Status write_at(uint64_t position, std::span<const std::string_view> pieces) override {
    // 64 pieces a call: below IOV_MAX, and small on the stack.
    std::array<iovec, 64> vectors;
    size_t next = 0;
    size_t skipped = 0;  // bytes of pieces[next] that are written already
    while (next < pieces.size()) {
      int count = 0;
      for (size_t i = next; i < pieces.size() && count < static_cast<int>(vectors.size()); ++i) {
        const auto piece = i == next ? pieces[i].substr(skipped) : pieces[i];
        vectors[static_cast<size_t>(count++)] = {const_cast<char*>(piece.data()), piece.size()};
      }
      const ssize_t n = ::pwritev(fd_.get(), vectors.data(), count, static_cast<off_t>(position));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write", path_);
      position += static_cast<uint64_t>(n);
      skipped += static_cast<size_t>(n);
      while (next < pieces.size() && skipped >= pieces[next].size()) skipped -= pieces[next++].size();
    }
    return {};
  }

  Result<uint64_t> size() const override {
    struct stat status;
    if (::fstat(fd_.get(), &status) != 0) return failed("stat", path_);
    return static_cast<uint64_t>(status.st_size);
  }
  Status truncate(uint64_t size) override {
    while (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return failed("truncate", path_);
    }
    return {};
  }
  Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed("sync", path_);
    return {};
  }
  Result<uint64_t> inode() const override {
    struct stat status;
    if (::fstat(fd_.get(), &status) != 0) return failed("stat", path_);
    return static_cast<uint64_t>(status.st_ino);
  }
  int native_handle() const override { return fd_.get(); }

 private:
  Descriptor fd_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  PosixLock(int fd, uint64_t inode) : fd_(fd), inode_(inode) {}
  uint64_t inode() const override { return inode_; }

 private:
  Descriptor fd_;  // closing it lets go of the flock
  uint64_t inode_;
};

// Types whose page cache lives and dies with this machine's kernel (magic numbers of statfs(2)). What is not listed, such as
// NFS, SMB, CephFS, 9p and FUSE, may hold writes elsewhere: a false "not local" only costs a catch-up, a false "local" data.
bool is_local_type(uint64_t type) {
  constexpr std::array<uint64_t, 11> kLocal = {
      0xef53,      // ext2, ext3, ext4
      0x58465342,  // xfs
      0x9123683e,  // btrfs
      0x01021994,  // tmpfs
      0x794c7630,  // overlayfs
      0x2fc12fc1,  // zfs
      0xf2f52010,  // f2fs
      0xca451a4e,  // bcachefs
      0x858458f6,  // ramfs
      0x3153464a,  // jfs
      0x52654973,  // reiserfs
  };
  return std::find(kLocal.begin(), kLocal.end(), type) != kLocal.end();
}

}  // namespace

Result<std::shared_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  int flags = O_RDWR;
  if (mode == OpenMode::kRead) flags = O_RDONLY;
  if (mode == OpenMode::kCreate) flags |= O_CREAT;
  if (mode == OpenMode::kCreateNew) flags |= O_CREAT | O_EXCL;
  const int fd = open_retrying(path.c_str(), flags);
  if (fd < 0) return failed("open", path);
  return std::make_shared<PosixFile>(fd, path);
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return failed("list", directory);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return failed("list", directory, error);
  std::sort(names.begin(), names.end());
  return names;
}

Result<bool> PosixFileSystem::exists(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("stat", path);
}

Status PosixFileSystem::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  const int error = errno;
  struct stat status;
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return failed("create directory", path, error);
}

Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("remove", path);
  return {};
}

Status PosixFileSystem::remove_tree(const std::string& directory) {
  auto names = list(directory);
  if (!names) {
    if (names.error().code == ErrorCode::kResourceNotFound) return {};
    return tl::unexpected(names.error());
  }
  for (const auto& name : *names) {
    const auto path = join_path(directory, name);
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return failed("stat", path);
    auto removed = S_ISDIR(status.st_mode) ? remove_tree(path) : remove(path);
    if (!removed) return removed;
  }
  if (::rmdir(directory.c_str()) != 0) return failed("remove directory", directory);
  return {};
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from + " to " + to);
  return {};
}

Status PosixFileSystem::sync_directory(const std::string& directory) {
  const Descriptor fd(open_retrying(directory.c_str(), O_RDONLY | O_DIRECTORY));
  if (fd.get() < 0) return failed("open directory", directory);
  if (::fsync(fd.get()) != 0) return failed("sync directory", directory);
  return {};
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  const int fd = open_retrying(path.c_str(), O_RDWR | O_CREAT);
  if (fd < 0) return failed("open lock file", path);
  struct stat status;
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || ::fstat(fd, &status) != 0) {
    const int error = errno;
    ::close(fd);
    if (error == EWOULDBLOCK) {
      return fail(ErrorCode::kDuplicateBrokerRegistration, fmt::format("{} is locked by another process", path));
    }
    return failed("lock", path, error);
  }
  return std::make_unique<PosixLock>(fd, static_cast<uint64_t>(status.st_ino));
}

Result<FileSystemIdentity> PosixFileSystem::identity(const std::string& path) {
  struct statfs status;
  while (::statfs(path.c_str(), &status) != 0) {
    if (errno != EINTR) return failed("statfs", path);
  }
  int id[2];
  static_assert(sizeof id == sizeof status.f_fsid);
  std::memcpy(id, &status.f_fsid, sizeof id);
  const auto type = static_cast<uint64_t>(static_cast<uint32_t>(status.f_type));
  return FileSystemIdentity{fmt::format("{:x}:{:08x}{:08x}", type, static_cast<uint32_t>(id[0]), static_cast<uint32_t>(id[1])),
                            is_local_type(type)};
}

Status PosixFileSystem::sync_file_system(const std::string& directory) {
  const Descriptor fd(open_retrying(directory.c_str(), O_RDONLY | O_DIRECTORY));
  if (fd.get() < 0) return failed("open directory", directory);
  if (::syncfs(fd.get()) != 0) return failed("syncfs", directory);
  return {};
}

}  // namespace baton
