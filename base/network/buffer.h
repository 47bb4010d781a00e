// The bytes of one frame, owned by whoever works on it and writable, so that records are stamped in place. Grows by
// realloc as bytes arrive: what a frame claims to hold is not allocated before it comes.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace baton::network {

class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { std::free(data_); }

  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t capacity() const { return capacity_; }
  void grow(size_t capacity) {
    if (capacity <= capacity_) return;
    data_ = static_cast<char*>(std::realloc(data_, capacity));
    BATON_ASSERT(data_ != nullptr);
    capacity_ = capacity;
  }

 private:
  char* data_ = nullptr;
  size_t capacity_ = 0;
};

// A received frame: the bytes after its length field, inside the buffer that owns them.
struct Frame {
  Buffer buffer;
  size_t offset = 0;
  size_t size = 0;
  char* data() { return buffer.data() + offset; }
  std::string_view view() const { return {buffer.data() + offset, size}; }
};

}  // namespace baton::network
