#include "tests/simulation/log_ledger.h"

#include <algorithm>

#include "partitions/log/record_batch.h"
#include "partitions/replica/replica.h"

namespace baton::simulation {

std::map<int64_t, std::string> records_of(Replica& replica, int64_t from, int64_t until) {
  std::map<int64_t, std::string> found;
  int64_t offset = std::max(from, replica.log().start_offset());
  while (offset < until) {
    auto slice = replica.log().read(offset, 1 << 20, until);
    if (!slice || slice->ranges.empty()) break;
    const std::string bytes = copy_ranges(slice->ranges).value_or(std::string());
    BatchIterator batches(bytes);
    while (auto batch = batches.next()) {
      RecordIterator records(*batch);
      while (auto record = records.next()) {
        if (record->offset >= from) found[record->offset] = std::string(*record->value);
      }
    }
    offset = slice->next_offset;
  }
  return found;
}

void LogLedger::forget(int id) {
  std::erase_if(views_, [id](const auto& each) { return each.first.first == id; });
}

void LogLedger::changed(int id, const Key& key, Replica& replica) {
  if (!replica.has_log() || replica.failed()) {
    views_.erase({id, key});
    return;
  }
  View& view = views_[{id, key}];
  read(id, key, replica, view);
  if (!replica.dirty() && !gave_up(key)) match(id, key, view, std::min(replica.high_watermark(), replica.log().end_offset()), true);
}

void LogLedger::read(int id, const Key& key, Replica& replica, View& view) {
  const int64_t end = replica.log().end_offset();
  const int64_t known = std::ssize(view.values);
  if (end == known) return;
  if (end < known) {
    view.values.resize(static_cast<size_t>(end));
    view.matched = std::min(view.matched, end);
    return;
  }
  for (auto& [offset, value] : records_of(replica, known, end)) {
    cluster_.invariants.check("OffsetsDense", offset == std::ssize(view.values), cluster_.scheduler.now(), [&, o = offset] {
      return fmt::format("broker {} has offset {} of t-{} after {} records", id, o, key.second, view.values.size());
    });
    view.values.push_back(std::move(value));
  }
  cluster_.invariants.check("OffsetsDense", std::ssize(view.values) == end, cluster_.scheduler.now(),
                            [&] { return fmt::format("broker {} has {} records and ends at {}", id, view.values.size(), end); });
}

void LogLedger::match(int id, const Key& key, View& view, int64_t until, bool commits) {
  auto& committed = committed_[key];
  for (; view.matched < std::min<int64_t>(until, std::ssize(view.values)); ++view.matched) {
    const auto at = static_cast<size_t>(view.matched);
    if (at < committed.size()) {
      cluster_.invariants.check("LogMatching", committed[at] == view.values[at], cluster_.scheduler.now(), [&] {
        return fmt::format("t-{} offset {}: broker {} has {}, committed is {}", key.second, at, id, view.values[at], committed[at]);
      });
    } else if (commits) {
      committed.push_back(view.values[at]);
    } else {
      return;
    }
  }
}

void LogLedger::check_leader(int id, const Key& key) {
  auto found = views_.find({id, key});
  if (found == views_.end() || gave_up(key)) return;
  const int64_t committed = std::ssize(committed_[key]);
  match(id, key, found->second, committed, false);
  cluster_.invariants.check("NoCommittedRecordLost", found->second.matched >= committed, cluster_.scheduler.now(), [&] {
    return fmt::format("{} leads t-{} and ends at {}; {} records are committed", id, key.second, found->second.values.size(), committed);
  });
}

void LogLedger::check_deposed(int id, const Key& key, int64_t from, int64_t until, int successor) {
  if (gave_up(key)) return;
  const auto& own = views_.at({id, key}).values;
  for (int64_t offset = from; offset < until; ++offset) {
    cluster_.invariants.check("FencedLeaderNeverCommits", holds(successor, key, offset, own[static_cast<size_t>(offset)]),
                              cluster_.scheduler.now(), [&] {
                                return fmt::format("{}, deposed, commits t-{} offset {}, which its successor {} does not hold", id,
                                                   key.second, offset, successor);
                              });
  }
}

bool LogLedger::holds(int id, const Key& key, int64_t offset, const std::string& value) const {
  auto found = views_.find({id, key});
  return found != views_.end() && offset < std::ssize(found->second.values) && found->second.values[static_cast<size_t>(offset)] == value;
}

bool LogLedger::committed(const Key& key, int64_t offset, const std::string& value) const {
  auto found = committed_.find(key);
  return found != committed_.end() && offset < std::ssize(found->second) && found->second[static_cast<size_t>(offset)] == value;
}

void LogLedger::compare(int id, const Key& key, Replica& replica) {
  auto found = views_.find({id, key});
  if (found == views_.end()) return;
  int64_t expected = 0;
  for (const auto& [offset, value] : records_of(replica, 0, replica.log().end_offset())) {
    const bool same = offset == expected++ && holds(id, key, offset, value);
    cluster_.invariants.check("LogMatching", same, cluster_.scheduler.now(),
                              [&, o = offset] { return fmt::format("broker {} has changed t-{} offset {} unseen", id, key.second, o); });
  }
}

}  // namespace baton::simulation
