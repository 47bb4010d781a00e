// Bounds-checked reading and writing of big-endian fields and varints (Kafka's wire, the log's files).
// A Reader never throws and never reads past its end: after the first short or malformed field it is bad(), every later
// read gives a zero value, and the caller looks once, at the end. No allocation is made from a length before it has been
// checked against the bytes that remain. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace baton {

template <class T>
constexpr T byte_swapped(T value) {
  using U = std::make_unsigned_t<T>;
  if constexpr (sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(static_cast<U>(value)));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__builtin_bswap32(static_cast<U>(value)));
  } else {
    return static_cast<T>(__builtin_bswap64(static_cast<U>(value)));
  }
}

template <class T>
T load_be(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return byte_swapped(value);
}

template <class T>
void store_be(void* to, T value) {
  value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  const char* position() const { return at_; }
  bool bad() const { return bad_; }
  bool at_end() const { return at_ == end_; }
  void set_bad() {
    bad_ = true;
    at_ = end_;
  }

  template <class T>
  T read() {
    if (remaining() < sizeof(T)) {
      set_bad();
      return T{};
    }
    T value = load_be<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  int8_t i8() { return read<int8_t>(); }
  int16_t i16() { return read<int16_t>(); }
  int32_t i32() { return read<int32_t>(); }
  int64_t i64() { return read<int64_t>(); }
  uint32_t u32() { return read<uint32_t>(); }
  // Unsigned LEB128 of at most 5 (32-bit) or 10 (64-bit) bytes; over-long forms are malformed.
  uint32_t unsigned_varint();
  uint64_t unsigned_varlong();
  // Zigzag forms.
  int32_t varint();
  int64_t varlong();
  // The next `length` bytes, not copied; empty and bad() when fewer remain or length is negative.
  std::string_view take(int64_t length);

 private:
  const char* at_;
  const char* end_;
  bool bad_ = false;
};

class Writer {
 public:
  template <class T>
  void write(T value) {
    char raw[sizeof(T)];
    store_be(raw, value);
    out_.append(raw, sizeof raw);
  }
  void i8(int8_t value) { write(value); }
  void i16(int16_t value) { write(value); }
  void i32(int32_t value) { write(value); }
  void i64(int64_t value) { write(value); }
  void u32(uint32_t value) { write(value); }
  void unsigned_varint(uint32_t value) { unsigned_varlong(value); }
  void unsigned_varlong(uint64_t value);
  void varint(int32_t value) { unsigned_varint((static_cast<uint32_t>(value) << 1) ^ static_cast<uint32_t>(value >> 31)); }
  void varlong(int64_t value) { unsigned_varlong((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }
  void bytes(std::string_view raw) { out_.append(raw); }

  size_t size() const { return out_.size(); }
  // Overwrites an earlier field, for lengths known only at the end. REQUIRES: at + sizeof(T) ≤ size().
  template <class T>
  void patch(size_t at, T value) {
    store_be(out_.data() + at, value);
  }
  const std::string& view() const { return out_; }
  std::string take() { return std::move(out_); }
  void reserve(size_t bytes) { out_.reserve(bytes); }

 private:
  std::string out_;
};

}  // namespace baton
