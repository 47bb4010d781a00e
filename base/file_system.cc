#include "base/file_system.h"

#include <fmt/format.h>

namespace baton {

Result<std::string> read_whole_file(FileSystem& files, const std::string& path, size_t bytes_max) {
  auto file = files.open(path, OpenMode::kRead);
  if (!file) return tl::unexpected(file.error());
  auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  if (*size > bytes_max) {
    return fail(ErrorCode::kKafkaStorageError, fmt::format("{} has {} bytes, more than the {} expected", path, *size, bytes_max));
  }
  std::string bytes(*size, '\0');
  auto read = (*file)->read_at(0, bytes.data(), bytes.size());
  if (!read) return tl::unexpected(read.error());
  bytes.resize(*read);
  return bytes;
}

Status write_file_atomically(FileSystem& files, const std::string& path, std::string_view bytes, Durability durability) {
  const std::string temporary = path + ".tmp";
  {
    auto file = files.open(temporary, OpenMode::kCreate);
    if (!file) return tl::unexpected(file.error());
    if (auto cut = (*file)->truncate(0); !cut) return cut;
    if (auto written = (*file)->write_at(0, bytes); !written) return written;
    if (durability == Durability::kMachineCrash) {
      if (auto synced = (*file)->sync(); !synced) return synced;
    }
  }
  if (auto renamed = files.rename(temporary, path); !renamed) return renamed;
  if (durability == Durability::kMachineCrash) return files.sync_directory(parent_of(path));
  return {};
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path.push_back('/');
  path.append(name);
  return path;
}

std::string parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace baton
