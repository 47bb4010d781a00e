#include "controller/decision/metadata_level.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::decision {

void MetadataLevel::load(int32_t stored, bool empty) {
  level_ = metadata_version_of(stored);
  founding_ = stored == 0 && empty;
}

void MetadataLevel::see(Instant now, const std::vector<int32_t>& versions) {
  int32_t common = own_;
  for (const int32_t version : versions) common = std::min(common, version);
  if (BATON_MUTANT(level_raised_alone)) common = own_;
  if (common != common_ || since_ == Instant{}) since_ = now;
  common_ = common;
}

void MetadataLevel::raised(int32_t level) {
  level_ = std::max(level_, level);
  founding_ = false;
}

std::optional<int32_t> MetadataLevel::due(Instant now) const {
  if (founding_) return common_;
  if (common_ > level_ && now - since_ >= moment_) return common_;
  return std::nullopt;
}

Instant MetadataLevel::next_deadline() const {
  return common_ > level_ ? since_ + moment_ : Instant::never();
}

}  // namespace baton::decision
