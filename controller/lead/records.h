// What the nodes of a leadership hold: lines `key=value`, which a person can read with any client of the store. Unknown keys are let be.
//
// The lease is the only one on which anything is decided: whoever takes the leadership waits until the lease of the one before has run
// out, unless that one wrote that it has released it.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace baton::lead {

using Fields = std::vector<std::pair<std::string, std::string>>;
// A line for each; line feeds in a value become blanks.
std::string print_fields(const Fields& fields);
Fields parse_fields(std::string_view text);
// Empty when it is not there.
std::string field(const Fields& fields, std::string_view key);
// None when it is not there or no whole number.
std::optional<int64_t> number(const Fields& fields, std::string_view key);

struct LeaseRecord {
  ControllerEpoch epoch;  // of the leadership that it is the lease of
  std::string holder;     // GUID
  Duration length{};      // so long after a renewal was sent its holder may act
  int64_t renewals = 0;
  bool released = false;  // whatever acted under it is gone for certain
  std::string print() const;
  static std::optional<LeaseRecord> parse(std::string_view text);
};

// "Let the holder of this epoch resign": it binds nobody else, so an old wish does no harm.
struct Wish {
  ControllerEpoch epoch;
  std::string by;  // for people
  std::string print() const;
  static std::optional<Wish> parse(std::string_view text);
};

}  // namespace baton::lead
