#include "controller/coordination/store.h"

namespace baton::store {

std::string_view name_of(StoreError error) {
  switch (error) {
    case StoreError::kOk:
      return "ok";
    case StoreError::kNoNode:
      return "no-node";
    case StoreError::kNodeExists:
      return "node-exists";
    case StoreError::kBadVersion:
      return "bad-version";
    case StoreError::kNotEmpty:
      return "not-empty";
    case StoreError::kNoChildrenForEphemerals:
      return "no-children-for-ephemerals";
    case StoreError::kRolledBack:
      return "rolled-back";
    case StoreError::kConnectionLoss:
      return "connection-loss";
    case StoreError::kSessionExpired:
      return "session-expired";
    case StoreError::kClosed:
      return "closed";
    case StoreError::kTooLarge:
      return "too-large";
    case StoreError::kAccessDenied:
      return "access-denied";
    case StoreError::kOther:
      return "other";
  }
  return "other";
}

int Reply::failed_op() const {
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].error != StoreError::kOk && results[i].error != StoreError::kRolledBack) return static_cast<int>(i);
  }
  return -1;
}

size_t size_of(const Request& request) {
  constexpr size_t kFixedBytes = 64;  // headers, ACL and lengths of one op, rounded up
  auto op_size = [](const Op& op) {
    return std::visit(
        [](const auto& one) {
          size_t size = kFixedBytes + one.path.size();
          if constexpr (requires { one.data; }) size += one.data.size();
          return size;
        },
        op);
  };
  if (const Multi* multi = std::get_if<Multi>(&request)) {
    size_t size = kFixedBytes;
    for (const Op& op : multi->ops) size += op_size(op);
    return size;
  }
  return kFixedBytes;
}

}  // namespace baton::store
