#include "partitions/log/epoch_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace baton {
namespace {

// Takes one number and the character after it.
template <class T>
bool take_number(std::string_view& text, T& number, char after) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != after) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

Result<bool> EpochHistory::load() {
  entries_.clear();
  auto bytes = read_whole_file(files_, path_);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kResourceNotFound) return false;
    return tl::unexpected(bytes.error());
  }
  std::string_view text = *bytes;
  int version = -1;
  size_t count = 0;
  if (!take_number(text, version, '\n') || version != 0 || !take_number(text, count, '\n')) return false;
  std::vector<Entry> entries;
  while (!text.empty()) {
    int32_t epoch = -1;
    int64_t offset = -1;
    if (!take_number(text, epoch, ' ') || !take_number(text, offset, '\n') || epoch < 0 || offset < 0) return false;
    if (!entries.empty() && (entries.back().epoch.value() >= epoch || entries.back().start_offset >= offset)) return false;
    entries.push_back({LeaderEpoch(epoch), offset});
  }
  if (entries.size() != count) return false;
  entries_ = std::move(entries);
  return true;
}

Status EpochHistory::save(Durability durability) {
  std::string text = fmt::format("0\n{}\n", entries_.size());
  for (const auto& entry : entries_) text += fmt::format("{} {}\n", entry.epoch.value(), entry.start_offset);
  if (durability == Durability::kMachineCrash) return write_file_atomically(files_, path_, text, durability);
  return write_in_place(text);
}

// A broker that takes over thousands of leaderships writes as many of these files before it serves: a rename over a file makes ext4 write
// its bytes to the disk at once (its option auto_da_alloc), some milliseconds each. Here nothing needs that. A process that dies between
// the write and the cut leaves a count that does not fit, which reads as missing, and the history is found in the batches.
Status EpochHistory::write_in_place(std::string_view text) {
  auto file = files_.open(path_, OpenMode::kCreate);
  if (!file) return tl::unexpected(file.error());
  const auto before = (*file)->size();
  if (!before) return tl::unexpected(before.error());
  if (auto written = (*file)->write_at(0, text); !written) return written;
  return *before > text.size() ? (*file)->truncate(text.size()) : Status();
}

bool EpochHistory::assign(LeaderEpoch epoch, int64_t start_offset) {
  if (epoch <= last()) return false;
  truncate_from_end(start_offset);
  entries_.push_back({epoch, start_offset});
  return true;
}

bool EpochHistory::truncate_from_end(int64_t end_offset) {
  const size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
  return entries_.size() != before;
}

bool EpochHistory::truncate_from_start(int64_t start_offset) {
  const auto after = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.start_offset > start_offset; });
  if (after == entries_.begin()) return false;
  const bool same = after - entries_.begin() == 1 && entries_.front().start_offset == start_offset;
  entries_.erase(entries_.begin(), after - 1);
  entries_.front().start_offset = start_offset;
  return !same;
}

EpochHistory::Found EpochHistory::find(LeaderEpoch epoch) const {
  const auto above = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.epoch > epoch; });
  return {above == entries_.begin() ? nullptr : &*(above - 1), above == entries_.end() ? nullptr : &*above};
}

LeaderEpoch EpochHistory::epoch_at(int64_t offset) const {
  LeaderEpoch epoch;
  for (const auto& entry : entries_) {
    if (entry.start_offset > offset) break;
    epoch = entry.epoch;
  }
  return epoch;
}

}  // namespace baton
