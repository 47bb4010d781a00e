// The real disk. Thread-safe.
#pragma once

#include "base/file_system.h"

namespace baton {

class PosixFileSystem final : public FileSystem {
 public:
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
};

}  // namespace baton
