// A message as text for a person, by its table. Included only where a message is instantiated (codec.h).
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "base/error_code.h"
#include "base/strong.h"
#include "base/uuid.h"
#include "broker/protocol/schema.h"

namespace baton::protocol::codec {

// Quoted, with control characters and bytes beyond ASCII as \xNN.
void print_value(std::string& out, const std::string& value, int16_t version);

template <class T>
  requires std::is_integral_v<T>
void print_value(std::string& out, T value, int16_t) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else {
    out += std::to_string(value);
  }
}
inline void print_value(std::string& out, ErrorCode value, int16_t) {
  out += std::to_string(static_cast<int16_t>(value));
}
template <class Tag, class Rep>
void print_value(std::string& out, Strong<Tag, Rep> value, int16_t) {
  out += std::to_string(value.value());
}
inline void print_value(std::string& out, const Uuid& value, int16_t) {
  out += '"' + value.to_string() + '"';
}
inline void print_value(std::string& out, const Bytes& value, int16_t) {
  out += '<' + std::to_string(value.data.size()) + " bytes>";
}
inline void print_value(std::string& out, const Records& value, int16_t) {
  if (value.null) {
    out += "null";
  } else {
    out += '<' + std::to_string(value.is_elsewhere ? value.length : value.bytes.size()) + " bytes of records>";
  }
}

template <Described S>
void print_value(std::string& out, const S& value, int16_t version);

template <class T>
void print_value(std::string& out, const std::optional<T>& value, int16_t version);

template <class T>
void print_value(std::string& out, const std::vector<T>& values, int16_t version) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    print_value(out, values[i], version);
  }
  out += ']';
}

template <class T>
void print_value(std::string& out, const std::optional<T>& value, int16_t version) {
  if (value) {
    print_value(out, *value, version);
  } else {
    out += "null";
  }
}

template <Described S>
void print_value(std::string& out, const S& value, int16_t version) {
  out += '{';
  const size_t start = out.size();
  const auto print_field = [&](const auto& f) {
    if (!f.in(version)) return;
    if (out.size() > start) out += ',';
    out += '"';
    out += f.name;
    out += "\":";
    print_value(out, value.*f.member, version);
  };
  std::apply([&](const auto&... f) { (print_field(f), ...); }, S::fields);
  out += '}';
}

}  // namespace baton::protocol::codec
