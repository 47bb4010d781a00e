#include "broker/protocol/codec.h"

#include "base/assert.h"

namespace baton::protocol {

std::span<char> writable(const Records& records, std::span<char> frame) {
  if (records.bytes.empty()) return {};
  const char* first = frame.data();
  const char* last = first + frame.size();
  BATON_ASSERT(records.bytes.data() >= first && records.bytes.data() + records.bytes.size() <= last);
  return frame.subspan(static_cast<size_t>(records.bytes.data() - first), records.bytes.size());
}

namespace codec {

std::string describe(const Api& api, int16_t version) {
  return std::string(api.name) + " version " + std::to_string(version);
}

void print_value(std::string& out, const std::string& value, int16_t) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : value) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte > 0x7e) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

}  // namespace codec
}  // namespace baton::protocol
