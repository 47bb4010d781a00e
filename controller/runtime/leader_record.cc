#include "controller/runtime/leader_record.h"

namespace baton::node {

LeaderRecord::LeaderRecord(const agent::LeaderHistory& heard, LeaderRecordLimits limits) : limits_(limits), all_(heard) {}

void LeaderRecord::add(const control::Delta& delta) {
  if (delta.leader_changes().empty()) return;
  all_.add(delta);
  changed_ = true;
}

// What was stored is older than what this process has heard since, save for what both know. A process that has heard more than was stored
// (its controller died before it could store it) has something to store itself.
bool LeaderRecord::read_back(const std::string& stored) {
  control::History history;
  const bool readable = history.ParseFromString(stored);
  if (readable) changed_ |= all_.join_older(history);
  read_ = true;
  return readable;
}

std::optional<std::string> LeaderRecord::to_store() {
  if (!read_ || !changed_) return std::nullopt;
  changed_ = false;
  return all_.last(limits_.changes, limits_.bytes).SerializeAsString();
}

}  // namespace baton::node
