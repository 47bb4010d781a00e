#include "base/bytes.h"

namespace baton {

uint64_t Reader::unsigned_varlong() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) break;
    const uint8_t byte = static_cast<uint8_t>(*at_++);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  set_bad();
  return 0;
}

uint32_t Reader::unsigned_varint() {
  uint32_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (at_ == end_) break;
    const uint8_t byte = static_cast<uint8_t>(*at_++);
    if (shift == 28 && byte > 15) break;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  set_bad();
  return 0;
}

int32_t Reader::varint() {
  const uint32_t raw = unsigned_varint();
  return static_cast<int32_t>((raw >> 1) ^ (~(raw & 1) + 1));
}

int64_t Reader::varlong() {
  const uint64_t raw = unsigned_varlong();
  return static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
}

std::string_view Reader::take(int64_t length) {
  if (length < 0 || static_cast<uint64_t>(length) > remaining()) {
    set_bad();
    return {};
  }
  std::string_view bytes(at_, static_cast<size_t>(length));
  at_ += length;
  return bytes;
}

void Writer::unsigned_varlong(uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

}  // namespace baton
