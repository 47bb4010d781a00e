// The cluster's level among the versions of its metadata (base/metadata_version.h), as the controller sees it: when it may rise. It rises
// by a write like any other, and never falls. Pure.
//
// A version becomes the level when every process that may have to read what is written and told has known it for a moment: registered
// brokers, brokers that are down while replicas wait for them, and whoever stands for election. Whoever comes later and knows less is
// refused. A cluster of which nothing is stored yet begins at what all know who are there.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/metadata_version.h"

namespace baton::decision {

class MetadataLevel {
 public:
  // `own`: what this controller knows.
  MetadataLevel(int32_t own, Duration moment) : own_(own), moment_(moment) {}

  // `stored` 0: no level is. `empty`: and neither is anything else that has a form.
  void load(int32_t stored, bool empty);
  // What those know who are there now.
  void see(Instant now, const std::vector<int32_t>& versions);
  void raised(int32_t level);

  int32_t value() const { return level_; }
  // This controller could not raise it: nobody need be looked at.
  bool at_the_top() const { return level_ >= own_ && !founding_; }
  // What is to be stored now.
  std::optional<int32_t> due(Instant now) const;
  Instant next_deadline() const;

 private:
  int32_t own_;
  Duration moment_;
  int32_t level_ = kMetadataSingles;
  bool founding_ = false;
  int32_t common_ = kMetadataSingles;  // what all know, and since when
  Instant since_{};
};

}  // namespace baton::decision
