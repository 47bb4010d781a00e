#include "base/crc32c.h"

#include <array>

#ifdef BATON_HAVE_ISAL
#include <isa-l/crc.h>
#endif

namespace baton {

#ifdef BATON_HAVE_ISAL

uint32_t crc32c(std::string_view bytes, uint32_t seed) {
  // ISA-L works on the raw register; the usual form inverts it before and after. It takes an int length.
  uint32_t state = ~seed;
  while (!bytes.empty()) {
    const size_t piece = bytes.size() < (1u << 30) ? bytes.size() : (1u << 30);
    state = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())), static_cast<int>(piece), state);
    bytes.remove_prefix(piece);
  }
  return ~state;
}

#else

namespace {
constexpr std::array<uint32_t, 256> table() {
  std::array<uint32_t, 256> rows{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t row = i;
    for (int bit = 0; bit < 8; ++bit) row = (row >> 1) ^ ((row & 1) ? 0x82f63b78u : 0);
    rows[i] = row;
  }
  return rows;
}
constexpr auto kTable = table();
}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t seed) {
  uint32_t state = ~seed;
  for (char byte : bytes) state = (state >> 8) ^ kTable[(state ^ static_cast<uint8_t>(byte)) & 0xff];
  return ~state;
}

#endif

}  // namespace baton
