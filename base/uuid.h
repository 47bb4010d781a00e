// 128-bit identifiers: topic ids, incarnations of a process, cluster ids. Printed as Kafka prints them: 22 characters of
// URL-safe base64 without padding. The all-zero value is "none".
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

class Random;

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  // A random version-4 UUID whose printed form does not begin with '-', as Kafka's.
  static Uuid random(Random& random);
  static std::optional<Uuid> parse(std::string_view text);
  // From 16 raw bytes, as protobuf `bytes` fields carry them; anything of another length is none.
  static Uuid from_bytes(std::string_view raw);

  bool is_none() const { return *this == Uuid{}; }
  std::string to_string() const;
  std::string_view raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  // In the order of their bytes. Written out, since a compiler makes calls of the default ones, and uuids are compared by the million.
  friend bool operator==(const Uuid& a, const Uuid& b) { return a.half(0) == b.half(0) && a.half(8) == b.half(8); }
  friend std::strong_ordering operator<=>(const Uuid& a, const Uuid& b) {
    const auto first = a.half(0) <=> b.half(0);
    return std::is_neq(first) ? first : a.half(8) <=> b.half(8);
  }

 private:
  // Eight bytes as the number whose order is theirs.
  uint64_t half(size_t from) const {
    uint64_t value;
    std::memcpy(&value, bytes.data() + from, sizeof value);
    return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
  }
};

// Each its own type: the incarnation of a process is never taken for a topic's id.
struct TopicId : Uuid {
  TopicId() = default;
  explicit TopicId(const Uuid& uuid) : Uuid(uuid) {}
};
// Drawn at each registration "as if restarted": one life of a broker process.
struct Incarnation : Uuid {
  Incarnation() = default;
  explicit Incarnation(const Uuid& uuid) : Uuid(uuid) {}
};

struct UuidHash {
  size_t operator()(const Uuid& uuid) const noexcept {
    size_t hash;
    std::memcpy(&hash, uuid.bytes.data() + 4, sizeof hash);
    return hash;
  }
};

}  // namespace baton
   // clang-format off
template <> struct std::hash<baton::Uuid> : baton::UuidHash {};
template <> struct std::hash<baton::TopicId> : baton::UuidHash {};
template <> struct std::hash<baton::Incarnation> : baton::UuidHash {};
