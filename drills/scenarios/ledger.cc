#include "drills/scenarios/ledger.h"

#include <fmt/format.h>

#include <charconv>

namespace baton::drills {
namespace {

constexpr size_t kAnomaliesMax = 10;

// Values are padded with blanks to the size of a record.
std::string_view trimmed(std::string_view value) {
  size_t end = value.find_last_not_of(' ');
  return end == std::string_view::npos ? std::string_view() : value.substr(0, end + 1);
}

}  // namespace

Findings& Findings::operator+=(const Findings& other) {
  acknowledged += other.acknowledged;
  read += other.read;
  lost += other.lost;
  moved += other.moved;
  duplicated += other.duplicated;
  disordered += other.disordered;
  retracted += other.retracted;
  unreplicated += other.unreplicated;
  for (const std::string& anomaly : other.anomalies) {
    if (anomalies.size() < kAnomaliesMax) anomalies.push_back(anomaly);
  }
  return *this;
}

std::optional<std::pair<std::string, uint64_t>> Ledger::parse(std::string_view value) {
  value = trimmed(value);
  size_t blank = value.rfind(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  uint64_t sequence = 0;
  const char* end = value.data() + value.size();
  auto [stopped, error] = std::from_chars(value.data() + blank + 1, end, sequence);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return std::pair(std::string(value.substr(0, blank)), sequence);
}

void Ledger::acknowledged(const std::string& writer, uint64_t sequence, int64_t offset) {
  Record& record = records_[writer][sequence];
  record.acknowledged = true;
  record.offset = offset;
}

void Ledger::acknowledged_by_leader(const std::string& writer, uint64_t sequence, int64_t offset) {
  acknowledged(writer, sequence, offset);
  records_[writer][sequence].by_leader = true;
}

void Ledger::seen(int64_t offset, std::string_view value) {
  seen_[offset] = trimmed(value);
}

void Ledger::read_back(int64_t offset, std::string_view value) {
  back_[offset] = trimmed(value);
  auto named = parse(value);
  if (!named) return;
  auto& [writer, sequence] = *named;
  Record& record = records_[writer][sequence];
  ++record.copies;
  if (record.offset < 0 || record.offset == offset) record.in_place = true;
  uint64_t& highest = highest_[writer];
  if (sequence < highest && ordered_.contains(writer)) ++disordered_;
  highest = std::max(highest, sequence);
}

Findings Ledger::findings() const {
  Findings found;
  found.read = back_.size();
  found.disordered = disordered_;
  for (const auto& [writer, records] : records_) {
    for (const auto& [sequence, record] : records) {
      found.acknowledged += record.acknowledged;
      if (record.copies > 1) found.duplicated += record.copies - 1;
      if (!record.acknowledged) continue;
      const char* what = nullptr;
      if (record.copies == 0) {
        ++(record.by_leader ? found.unreplicated : found.lost);
        what = record.by_leader ? "unreplicated" : "lost";
      } else if (!record.in_place) {
        ++found.moved;
        what = "moved";
      }
      if (what == nullptr || found.anomalies.size() >= kAnomaliesMax) continue;
      auto there = back_.find(record.offset);
      found.anomalies.push_back(fmt::format("{}: '{} {}', acknowledged at offset {}, where {} is read back", what, writer, sequence,
                                            record.offset, there == back_.end() ? "nothing" : "'" + there->second + "'"));
    }
  }
  for (const auto& [offset, value] : seen_) {
    auto kept = back_.find(offset);
    if (kept == back_.end() || kept->second != value) ++found.retracted;
  }
  return found;
}

}  // namespace baton::drills
