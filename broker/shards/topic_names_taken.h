// Which topic last had each name, as this broker's roles tell it, and a place where the shards' threads meet when a name passes
// on. A log's directory bears its topic's name, and the shard that gives up the former topic's log is not the one that opens the
// new topic's: if it came later it would take the new directory for the old one and remove it.
//
// Threading: any thread.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/uuid.h"

namespace baton {

namespace control {
class Roles;
}

class TopicNamesTaken {
 public:
  void take(const std::string& name, const TopicId& id);
  // Some role is for a topic whose name was another topic's. All names of these roles are taken from now on.
  bool pass_on(const control::Roles& roles);
  // The topics that these roles delete have left all shards, so their names are free.
  void free(const control::Roles& roles);

 private:
  std::mutex mutex_;
  std::map<std::string, TopicId> names_;
};

// Each shard's thread comes once and goes on when all have come.
class Meeting {
 public:
  explicit Meeting(size_t shards) : missing_(shards) {}
  // False: it was called off.
  bool attend();
  void call_off();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t missing_;
  bool off_ = false;
};

}  // namespace baton
