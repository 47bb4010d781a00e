#include "controller/lead/view.h"

#include <algorithm>

#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::lead {
namespace {

using store::StoreError;

tl::unexpected<Error> trouble(const std::string& path, StoreError error) {
  if (error == StoreError::kAccessDenied) {
    return fail(ErrorCode::kClusterAuthorizationFailed, "the store denies this process access to " + path + ": give it the rights");
  }
  return fail(ErrorCode::kBrokerNotAvailable, "the store does not answer about " + path + " (" + std::string(name_of(error)) + ")");
}

}  // namespace

Result<View> look(const Place& place, const Question& ask) {
  View view;
  StoreError error = StoreError::kOk;
  std::string at;
  const auto get = [&](const std::string& path) -> std::optional<store::Reply> {
    if (error != StoreError::kOk) return std::nullopt;
    store::Reply reply = ask(store::Get{path, false});
    if (reply.ok()) return reply;
    if (reply.error != StoreError::kNoNode) error = reply.error, at = path;
    return std::nullopt;
  };
  const auto root = get(place.root());
  if (error != StoreError::kOk) return trouble(at, error);
  if (!root) return view;
  if (root->data != kMark)
    return fail(ErrorCode::kInvalidRequest, place.root() + " of this store is no leadership of this version of Baton");
  view.known = true;
  if (const auto epoch = get(place.epoch())) {
    const auto value = number(parse_fields("epoch=" + epoch->data), "epoch");
    if (value) view.epoch = ControllerEpoch(static_cast<int32_t>(*value));
    view.epoch_version = epoch->stat.version;
  }
  if (const auto leader = get(place.leader())) view.leader = parse_fields(leader->data);
  if (const auto lease = get(place.lease())) view.lease = LeaseRecord::parse(lease->data);
  const store::Reply names = error == StoreError::kOk ? ask(store::Children{place.candidates(), false}) : store::Reply{};
  if (!names.ok() && names.error != StoreError::kNoNode) error = names.error, at = place.candidates();
  for (const election::Candidate& one : election::queue_of(names.children, {})) {
    const auto node = get(place.candidates() + one.path.substr(std::string_view(paths::kCandidates).size()));
    if (!node) continue;
    Fields fields = parse_fields(node->data);
    fields.insert(fields.begin(), {"guid", one.guid});
    view.queue.push_back(std::move(fields));
  }
  if (error != StoreError::kOk) return trouble(at, error);
  return view;
}

std::optional<size_t> ahead_of(const View& view, const std::string& guid) {
  const auto found = std::ranges::find_if(view.queue, [&](const Fields& one) { return field(one, "guid") == guid; });
  if (found == view.queue.end()) return std::nullopt;
  return static_cast<size_t>(found - view.queue.begin());
}

std::string who_of(const Fields& fields) {
  const std::string host = field(fields, "host"), pid = field(fields, "pid");
  if (host.empty()) return field(fields, "guid");
  return pid.empty() ? host : host + " (pid " + pid + ")";
}

Status wish_resignation(const Place& place, const View& view, const std::string& by, const Question& ask) {
  const std::string data = Wish{view.epoch, by}.print();
  const store::Op same_leader = store::Check{place.epoch(), view.epoch_version};
  store::Reply reply = ask(store::Multi{{same_leader, store::SetData{place.wish(), data, {}}}});
  if (reply.error == StoreError::kNoNode && reply.failed_op() == 1)
    reply = ask(store::Multi{{same_leader, store::Create{place.wish(), data}}});
  if (reply.error == StoreError::kBadVersion) {
    return fail(ErrorCode::kNotController, "the leadership has just passed to another; look again with --who");
  }
  if (!reply.ok()) return trouble(place.wish(), reply.error);
  return {};
}

}  // namespace baton::lead
