#include "controller/lead/place.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "controller/coordination/paths.h"

namespace baton::lead {
namespace {

constexpr size_t kNameBytesMax = 100;

// A core's path, and its name below the root. A longer path comes before what it begins with.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames = {{
    {paths::kCandidates, "/candidates"},
    {paths::kElectionLease, "/elector"},
    {paths::kControllerEpoch, "/epoch"},
    {paths::kController, "/leader"},
}};

// Whether `path` is `above` or lies below it.
bool within(std::string_view path, std::string_view above) {
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

bool allowed(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '.' ||
         letter == '_' || letter == '-';
}

}  // namespace

Status check_name(std::string_view name) {
  const bool good =
      !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' && name.front() != '-' && std::ranges::all_of(name, allowed);
  if (good) return {};
  return fail(ErrorCode::kInvalidRequest,
              "'" + std::string(name.substr(0, kNameBytesMax)) +
                  "' is no name of a leadership: take 1 to 100 letters, digits, '.', '_' and '-', and begin with "
                  "a letter, a digit or '_'");
}

Place::Place(const std::string& name) : name_(name), root_(std::string(kLeaders) + "/" + name) {
  BATON_ASSERT(check_name(name).has_value());
}

std::string Place::outward(const std::string& path) const {
  for (const auto& [core, ours] : kNames) {
    if (within(path, core)) return root_ + std::string(ours) + path.substr(core.size());
  }
  BATON_ASSERT(!"an elector that needs a node which a leadership does not have");
  return {};
}

std::string Place::inward(const std::string& path) const {
  if (!within(path, root_)) return {};
  const std::string_view rest = std::string_view(path).substr(root_.size());
  for (const auto& [core, ours] : kNames) {
    if (within(rest, ours)) return std::string(core) + std::string(rest.substr(ours.size()));
  }
  return {};
}

store::Request Place::to_store(store::Request request) const {
  std::visit(
      [this](auto& one) {
        if constexpr (requires { one.path; }) {
          one.path = outward(one.path);
        } else {
          for (store::Op& op : one.ops) std::visit([this](auto& each) { each.path = outward(each.path); }, op);
        }
      },
      request);
  return request;
}

store::Reply Place::to_core(store::Reply reply) const {
  for (store::OpResult& result : reply.results) {
    if (!result.created_path.empty()) result.created_path = inward(result.created_path);
  }
  return reply;
}

store::StoreEvent Place::to_core(store::StoreEvent event) const {
  if (auto* fired = std::get_if<store::WatchFired>(&event)) fired->path = inward(fired->path);
  return event;
}

}  // namespace baton::lead
