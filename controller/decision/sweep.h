// A sweep asks of every partition whom something may concern what it must become (succession.h). The rule costs about a microsecond; of
// a million partitions most are either quiet, which a look tells, or have the same thing happen to them as others before: the same
// replicas in the same standing give the same answer, so it is kept for the length of the sweep. Pure.
#pragma once

#include <optional>
#include <unordered_map>
#include <variant>

#include "controller/decision/page_table.h"
#include "controller/decision/succession.h"

namespace baton::decision {

class Sweep {
 public:
  explicit Sweep(const PageTable& pages) : pages_(pages) {}

  // The whole record; or, where the same happens to many, no more than the slot: no member of the ISR that it leaves is new or unclean,
  // so that there is nothing to note about them.
  using Became = std::variant<std::monostate, PartitionRecord, PageTable::Slot>;
  // succeed(), by a shorter way where there is one. `input.record` is left out; REQUIRES: input.word is what it would be.
  Became succeed(const PartitionKey& key, const PageTable::Slot& slot, int32_t min_insync_replicas, const std::optional<GivenWord>& word,
                 bool commit_flush_policy, bool unclean_allowed, const StandingOf& standing);

 private:
  struct Pattern {
    std::array<uint16_t, PageTable::kReplicasMax> replicas{};
    std::array<uint8_t, PageTable::kReplicasMax> standings{};
    uint8_t count = 0, isr = 0, eligible = 0, leader = 0, flags = 0;
    int32_t minimum = 0;
    friend bool operator==(const Pattern&, const Pattern&) = default;
  };
  struct PatternHash {
    size_t operator()(const Pattern& pattern) const noexcept;
  };
  // What becomes of it: a slot, its epochs as what is added to those before.
  struct Outcome {
    bool kept = false;    // nothing changes
    bool as_row = false;  // a slot says enough
    PageTable::Slot after;
  };
  Became told(const PartitionKey& key, const PageTable::Slot& before, const Outcome& outcome) const;
  static constexpr size_t kOutcomesMax = 8192;

  const PageTable& pages_;
  std::unordered_map<Pattern, Outcome, PatternHash> outcomes_;
};

}  // namespace baton::decision
