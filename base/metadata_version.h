// Versions of the forms in which the cluster's metadata is stored and told, so that processes of two releases can live side by side
// while a cluster is upgraded.
//
// Each process says the highest version that it knows. The cluster has a level, which is stored and only rises: what a later version
// brought is written and told at that version's level, and no earlier. Forms of all versions up to one's own are read at any level.
// Which forms belong to which version: docs/formats.md.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

inline constexpr int32_t kMetadataSingles = 1;  // every partition is a message of its own, and a snapshot tells everything
inline constexpr int32_t kMetadataColumns = 2;  // partitions by columns, replicas by runs, snapshots without the pages that are known
inline constexpr int32_t kMetadataNewest = kMetadataColumns;

// As it was stored or told: where nothing was said, it was the first.
constexpr int32_t metadata_version_of(int32_t said) {
  return std::max(said, kMetadataSingles);
}

// A level as the store holds it, a decimal number; none: it is no level.
inline std::optional<int32_t> metadata_level(std::string_view text) {
  int32_t level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc() || end != text.data() + text.size() || level < kMetadataSingles) return std::nullopt;
  return level;
}

// What to tell a process that knows less than the cluster's level.
inline std::string outdated_process(int32_t level, int32_t known) {
  return "this cluster's metadata is at version " + std::to_string(level) + ", and this process knows versions up to " +
         std::to_string(known) + " only. Start a release of Baton that knows version " + std::to_string(level) +
         ", or take metadata.version.max out of its configuration; a cluster does not go back to an earlier version.";
}

}  // namespace baton
