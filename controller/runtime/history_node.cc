#include "controller/runtime/history_node.h"

#include "base/logging.h"

namespace baton::node {

void HistoryNode::settle() {
  if (busy_) return;
  if (!history_.known() || lost_) return read();
  if (auto data = history_.to_store()) write(std::move(*data));
}

void HistoryNode::read() {
  busy_ = true;
  ask_(store::Get{path_, false}, [this](const store::Reply& reply) { read_back(reply); });
}

void HistoryNode::read_back(const store::Reply& reply) {
  busy_ = false;
  if (!reply.ok() && reply.error != store::StoreError::kNoNode) return;  // asked again
  lost_ = false;
  version_ = reply.ok() ? reply.stat.version : StoreVersion();
  if (history_.known()) return;
  if (!history_.read_back(reply.data)) log::warn("{} holds no history that can be read: it begins anew", path_);
}

void HistoryNode::write(std::string data) {
  busy_ = true;
  ask_(door_.beside(path_, std::move(data), version_), [this](const store::Reply& reply) { written(reply); });
}

void HistoryNode::written(const store::Reply& reply) {
  busy_ = false;
  if (reply.ok()) {
    version_ = version_.next();
    return;
  }
  // A deposed controller learns that elsewhere. Whatever else it was, the next write begins with a look.
  lost_ = true;
  history_.not_stored();
}

}  // namespace baton::node
