// Which leaderships have changed, as the controllers remember it in the store (/metadata/leader_changes): `baton leader history` outlives
// every broker by it. One for each rule. It begins with what this process has heard of former controllers, and joins what they have
// stored; a new controller's first word tells of it (agent/leader_history.h).
//
// Bounded in changes and bytes: the oldest go first. A failover of many partitions is told by its first thousand, so one that is larger
// takes the place of what was before. Pure; not thread-safe.
#pragma once

#include "controller/agent/leader_history.h"
#include "controller/runtime/stored_history.h"

namespace baton::node {

struct LeaderRecordLimits {
  size_t changes = 1000;
  size_t bytes = size_t{128} * 1024;  // written whole with each change: a failover that follows is not to wait for it
};

class LeaderRecord final : public StoredHistory {
 public:
  explicit LeaderRecord(const agent::LeaderHistory& heard, LeaderRecordLimits limits = {});

  // Confirmed, and about to be told.
  void add(const control::Delta& delta);
  // The last ones, into a snapshot.
  void tell(control::Delta& delta, size_t most) const { all_.tell(delta, most); }

  bool read_back(const std::string& stored) override;
  bool known() const override { return read_; }
  std::optional<std::string> to_store() override;
  void not_stored() override { changed_ = true; }

 private:
  LeaderRecordLimits limits_;
  agent::LeaderHistory all_;
  bool read_ = false;
  bool changed_ = false;
};

}  // namespace baton::node
