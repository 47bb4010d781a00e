#include "controller/election/queue.h"

#include <algorithm>
#include <charconv>

#include "controller/coordination/paths.h"

namespace baton::election {
namespace {

constexpr std::string_view kMark = "-n_";

}  // namespace

std::optional<Candidate> parse_candidate(std::string_view name) {
  size_t mark = name.rfind(kMark);
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  std::string_view digits = name.substr(mark + kMark.size());
  Candidate candidate;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), candidate.sequence);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  candidate.guid = name.substr(0, mark);
  candidate.path = std::string(paths::kCandidates) + "/" + std::string(name);
  return candidate;
}

std::string candidate_prefix(const std::string& guid) {
  return std::string(paths::kCandidates) + "/" + guid + std::string(kMark);
}

std::vector<Candidate> queue_of(const std::vector<std::string>& names, const std::vector<std::string>& own) {
  std::vector<Candidate> queue;
  for (const std::string& name : names) {
    if (auto candidate = parse_candidate(name)) queue.push_back(*std::move(candidate));
  }
  if (queue.empty()) return queue;
  auto is_own = [&own](const Candidate& one) { return std::find(own.begin(), own.end(), one.guid) != own.end(); };
  auto reference = std::find_if(queue.begin(), queue.end(), is_own);
  if (reference == queue.end()) reference = queue.begin();
  uint32_t origin = static_cast<uint32_t>(reference->sequence);
  auto distance = [origin](const Candidate& one) { return static_cast<int32_t>(static_cast<uint32_t>(one.sequence) - origin); };
  std::sort(queue.begin(), queue.end(), [&](const Candidate& a, const Candidate& b) { return distance(a) < distance(b); });
  return queue;
}

}  // namespace baton::election
