#include "drills/lab/live.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace baton::lab {
namespace {

using election::LogEntry;

// Messages of one sender to one receiver that say the same, by when they were heard.
using Way = std::tuple<int, int, std::string>;
using Heard = std::map<Way, std::deque<Instant>>;

class Assembly {
 public:
  Assembly(const std::vector<Witness>& witnesses, const std::vector<int>& silent) {
    std::set<int> ids(silent.begin(), silent.end());
    for (const Witness& witness : witnesses) {
      ids.insert(witness.id);
      asked_.insert(witness.id);
      for (const LogEntry& entry : witness.entries) {
        if (entry.peer != BrokerId()) ids.insert(entry.peer.value());
        if (entry.kind == LogEntry::Kind::kHeard) heard_[{entry.peer.value(), witness.id, entry.message}].push_back(entry.at);
      }
    }
    for (int id : ids) {
      lanes_.emplace(id, static_cast<int>(lanes_.size()) + 1);
      played_.names.push_back(std::to_string(id));
    }
    for (const Witness& witness : witnesses) {
      for (const LogEntry& entry : witness.entries) add(witness.id, entry);
    }
  }

  Played take() {
    std::stable_sort(played_.events.begin(), played_.events.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    if (!played_.events.empty()) played_.start = played_.events.front().at;
    return std::move(played_);
  }

 private:
  void add(int id, const LogEntry& entry) {
    TraceEvent event;
    event.at = event.arrives = entry.at;
    event.from = event.to = lanes_.at(id);
    event.name = entry.name;
    event.words = entry.words;
    if (entry.kind == LogEntry::Kind::kHeard) {
      if (asked_.contains(entry.peer.value())) return;  // its sender tells
      std::swap(event.from, event.to);
      event.from = lanes_.at(entry.peer.value());
      describe_into(event, entry);
    } else if (entry.kind == LogEntry::Kind::kSent) {
      event.to = lanes_.at(entry.peer.value());
      event.arrives = arrival(id, entry);
      describe_into(event, entry);
    } else if (entry.kind == LogEntry::Kind::kAsked) {
      event.kind = TraceEvent::Kind::kStore;
      event.to = 0;
    } else {
      event.kind = entry.kind == LogEntry::Kind::kBecame ? TraceEvent::Kind::kBelief : TraceEvent::Kind::kFault;
    }
    played_.events.push_back(std::move(event));
  }

  static void describe_into(TraceEvent& event, const LogEntry& entry) {
    event.kind = TraceEvent::Kind::kMessage;
    const auto info = describe(entry.message);
    event.name = info ? info->name : "?";
    event.words = info ? info->words : "an unknown message";
    if (info) event.of = info->kind;
  }

  // Never: lost, as far as one can see. Who can not be asked may have got it.
  Instant arrival(int from, const LogEntry& entry) {
    const int to = entry.peer.value();
    if (!asked_.contains(to)) return entry.at;
    auto found = heard_.find({from, to, entry.message});
    if (found == heard_.end() || found->second.empty()) return Instant::never();
    const Instant at = found->second.front();
    found->second.pop_front();
    return std::max(at, entry.at);
  }

  std::map<int, int> lanes_;
  std::set<int> asked_;
  Heard heard_;
  Played played_;
};

}  // namespace

Played assemble(const std::vector<Witness>& witnesses, const std::vector<int>& silent) {
  return Assembly(witnesses, silent).take();
}

Played last_election(const Played& all, Duration quiet) {
  const auto& events = all.events;
  const auto rules = std::find_if(events.rbegin(), events.rend(), [](const TraceEvent& event) { return event.name == "rules"; });
  if (rules == events.rend()) return all;
  auto first = std::prev(rules.base());
  while (first != events.begin() && first->at - std::prev(first)->at < quiet) --first;
  auto last = rules.base();
  while (last != events.end() && last->at - std::prev(last)->at < quiet) ++last;
  Played one;
  one.names = all.names;
  one.events.assign(first, last);
  one.start = first->at;
  return one;
}

}  // namespace baton::lab
