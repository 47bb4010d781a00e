// What every replica's log holds, read along as it changes, and what has ever been committed: the first content that some
// replica had below its high watermark. From then on every replica that passes an offset must hold the same there
// (LogMatching), and whoever leads must hold all of it (NoCommittedRecordLost).
//
// Asked after every event that may have changed a log or a high watermark, it reads only what is new, so that it can be asked
// each time. One event cuts a log or appends to it, never both: a change that keeps the end is not noticed here, but by
// compare(), which reads everything.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/cluster.h"

namespace baton {
class Replica;
}

namespace baton::simulation {

class LogLedger {
 public:
  using Key = RoleKeeper::Key;
  explicit LogLedger(Cluster& cluster) : cluster_(cluster) {}

  // Another life of the broker: its logs are what its disk kept.
  void forget(int id);
  // A dirty replica was elected: what was committed may be gone, and is followed no further.
  void give_up(const Key& key) { given_up_.insert(key); }
  bool gave_up(const Key& key) const { return given_up_.contains(key); }
  void changed(int id, const Key& key, Replica& replica);
  // Everything that was committed stands in this leader's log.
  void check_leader(int id, const Key& key);
  // A deposed leader has committed from `from` on: its successor holds the same there.
  void check_deposed(int id, const Key& key, int64_t from, int64_t until, int successor);
  // Does this replica hold that value there? False also where nothing is known of it.
  bool holds(int id, const Key& key, int64_t offset, const std::string& value) const;
  bool committed(const Key& key, int64_t offset, const std::string& value) const;
  // The whole log against what was read along.
  void compare(int id, const Key& key, Replica& replica);

 private:
  struct View {
    std::vector<std::string> values;  // by offset
    int64_t matched = 0;              // below, it is what was committed
  };
  void read(int id, const Key& key, Replica& replica, View& view);
  // Against what is committed, up to there; `commits` also adds what is not.
  void match(int id, const Key& key, View& view, int64_t until, bool commits);

  Cluster& cluster_;
  std::map<std::pair<int, Key>, View> views_;
  std::map<Key, std::vector<std::string>> committed_;
  std::set<Key> given_up_;
};

// offset → value, from `from` on; stops at the end, or where the log can not be read.
std::map<int64_t, std::string> records_of(Replica& replica, int64_t from, int64_t until);

}  // namespace baton::simulation
