// Fills any message at random by its own table: only fields that the version has, nulls where they may be, a few elements.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error_code.h"
#include "base/random.h"
#include "base/strong.h"
#include "base/uuid.h"
#include "broker/protocol/schema.h"

namespace baton::protocol::testing {

// Small numbers, extremes, or anything.
inline uint64_t random_number(Random& random) {
  switch (random.below(4)) {
    case 0:
      return random.below(4);
    case 1:
      return ~uint64_t{0};
    default:
      return random.next();
  }
}

inline std::string random_text(Random& random) {
  std::string text(random.chance(0.05) ? 200 : random.below(12), '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

template <Described S>
void fill(Random& random, S& value, int16_t version);

template <class T>
  requires std::is_integral_v<T>
void fill(Random& random, T& value, int16_t) {
  value = std::is_same_v<T, bool> ? static_cast<T>(random.chance(0.5)) : static_cast<T>(random_number(random));
}
inline void fill(Random& random, ErrorCode& value, int16_t) {
  value = static_cast<ErrorCode>(random_number(random));
}
template <class Tag, class Rep>
void fill(Random& random, Strong<Tag, Rep>& value, int16_t) {
  value = Strong<Tag, Rep>(static_cast<Rep>(random_number(random)));
}
inline void fill(Random& random, Uuid& value, int16_t) {
  value = Uuid::random(random);
}
inline void fill(Random& random, std::string& value, int16_t) {
  value = random_text(random);
}
inline void fill(Random& random, Bytes& value, int16_t) {
  value.data = random_text(random);
}
inline void fill(Random& random, Records& value, int16_t) {
  static constexpr std::string_view kBatches = "these bytes stand for record batches, of which the codec knows nothing";
  value = Records::in_memory(kBatches.substr(0, random.below(kBatches.size())));
}
template <class T>
void fill(Random& random, std::vector<T>& values, int16_t version) {
  values.resize(random.below(4));
  for (T& value : values) fill(random, value, version);
}

template <class T>
void fill_nullable(Random& random, T& value, int16_t version, bool may_be_null) {
  fill(random, value, version);
  if constexpr (std::is_same_v<T, Records>) {
    if (may_be_null && random.chance(0.2)) value = Records::none();
  }
}
template <class T>
void fill_nullable(Random& random, std::optional<T>& value, int16_t version, bool may_be_null) {
  value.reset();
  if (!may_be_null || random.chance(0.7)) fill(random, value.emplace(), version);
}

template <Described S>
void fill(Random& random, S& value, int16_t version) {
  const auto fill_field = [&](const auto& f) {
    if (!f.in(version) || (f.tagged() && random.chance(0.5))) return;
    fill_nullable(random, value.*f.member, version, version >= f.traits.nullable);
  };
  std::apply([&](const auto&... f) { (fill_field(f), ...); }, S::fields);
}

}  // namespace baton::protocol::testing
