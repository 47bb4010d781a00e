#include "controller/runtime/election_memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace baton::node {
namespace {

constexpr std::string_view kMark = "BTE1";

}  // namespace

std::string election_file_name(std::string_view elector) {
  return fmt::format("election-{}", elector);
}

std::string to_file(const control::ElectionMemory& memory) {
  const std::string body = memory.SerializeAsString();
  Writer out;
  out.bytes(kMark);
  out.u32(crc32c(body));
  out.bytes(body);
  return out.take();
}

Result<control::ElectionMemory> from_file(std::string_view bytes, const std::string& path) {
  Reader in(bytes);
  const bool marked = in.take(static_cast<int64_t>(kMark.size())) == kMark;
  const uint32_t crc = in.u32();
  const std::string_view body = in.take(static_cast<int64_t>(in.remaining()));
  control::ElectionMemory memory;
  if (in.bad() || !marked || crc32c(body) != crc || !memory.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return fail(ErrorCode::kKafkaStorageError,
                fmt::format("{} is damaged, and with it what this candidate has promised to others: remove the file, and the candidate "
                            "starts without it, after a pause in which nobody can count on those promises any more",
                            path));
  }
  return memory;
}

Status check_memory(const control::ElectionMemory& memory, std::string_view elector, const std::vector<BrokerId>& voters,
                    const std::string& path) {
  if (memory.elector() != elector) {
    return fail(ErrorCode::kInvalidConfig,
                fmt::format("{} holds promises of controller.election={}, not of {}: remove the file", path, memory.elector(), elector));
  }
  std::vector<int32_t> before(memory.voters().begin(), memory.voters().end());
  std::vector<int32_t> now;
  for (const BrokerId voter : voters) now.push_back(voter.value());
  std::sort(before.begin(), before.end());
  std::sort(now.begin(), now.end());
  std::vector<int32_t> changed;
  std::set_symmetric_difference(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(changed));
  if (changed.size() <= 1) return {};
  return fail(
      ErrorCode::kInvalidConfig,
      fmt::format("controller.quorum.voters names {}, and at the last start {}: change one voter at a time, on every candidate, before "
                  "the next; or, where all candidates are stopped at once, remove {} on each",
                  fmt::join(now, ", "), fmt::join(before, ", "), path));
}

}  // namespace baton::node
