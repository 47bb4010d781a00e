// Reads a file through a window in memory, for walks over batches.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace baton {

class FileWindow {
 public:
  // `end` is where the walk ends, at most the file's size; `step` is how much is read at once.
  FileWindow(const File& file, uint64_t end, size_t step) : file_(file), end_(end), step_(step) {}

  // At least `length` bytes at `position`; fewer only where the end comes first. Valid until the next call.
  Result<std::string_view> at(uint64_t position, size_t length) {
    if (position >= end_) return std::string_view();
    length = static_cast<size_t>(std::min<uint64_t>(length, end_ - position));
    if (position < from_ || position + length > from_ + buffer_.size()) {
      buffer_.resize(static_cast<size_t>(std::min<uint64_t>(std::max(length, step_), end_ - position)));
      from_ = position;
      auto read = file_.read_at(position, buffer_.data(), buffer_.size());
      if (!read) return tl::unexpected(read.error());
      buffer_.resize(*read);
    }
    return std::string_view(buffer_).substr(static_cast<size_t>(position - from_));
  }

 private:
  const File& file_;
  uint64_t end_;
  size_t step_;
  uint64_t from_ = 0;
  std::string buffer_;
};

}  // namespace baton
