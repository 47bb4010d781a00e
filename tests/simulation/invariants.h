// What must never be false, as named checks (docs/protocol.md lists them). A violation is kept with its instant and ends the
// run; each check counts how often it was exercised, so that a run which checked nothing can not pass.
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"

namespace baton::simulation {

class Invariants {
 public:
  // `describe` is called only for a violation.
  template <class Describe>
  void check(const char* name, bool holds, Instant now, Describe&& describe) {
    ++counts_[name];
    if (!holds && !violation_) violation_ = fmt::format("{} at {} us: {}", name, now.ns / 1000, describe());
  }
  const std::optional<std::string>& violation() const { return violation_; }
  const std::map<std::string, uint64_t>& counts() const { return counts_; }

 private:
  std::map<std::string, uint64_t> counts_;
  std::optional<std::string> violation_;
};

}  // namespace baton::simulation
