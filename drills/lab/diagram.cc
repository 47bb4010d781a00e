#include "drills/lab/diagram.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "drills/lab/scene.h"

namespace baton::lab {
namespace {

using election::MessageKind;

constexpr size_t kLane = 6;  // columns

// A line of lanes: the store first, then the nodes.
class Lanes {
 public:
  explicit Lanes(int nodes) : cells_((static_cast<size_t>(nodes) + 1) * kLane, " ") {
    for (int id = 0; id <= nodes; ++id) cells_[at(id)] = "│";
  }
  void mark(int id, const std::string& sign) { cells_[at(id)] = sign; }
  void arrow(int from, const std::set<int>& to, const std::set<int>& lost) {
    const int least = std::min(from, std::min(to.empty() ? from : *to.begin(), lost.empty() ? from : *lost.begin()));
    const int most = std::max(from, std::max(to.empty() ? from : *to.rbegin(), lost.empty() ? from : *lost.rbegin()));
    for (size_t cell = at(least); cell <= at(most); ++cell) cells_[cell] = cells_[cell] == "│" ? "┼" : "─";
    for (int id : to) cells_[at(id)] = id > from ? "▶" : "◀";
    for (int id : lost) cells_[at(id)] = "✗";
    cells_[at(from)] = "●";
  }
  std::string text() const {
    std::string text;
    for (const std::string& cell : cells_) text += cell;
    return text;
  }

 private:
  static size_t at(int id) { return static_cast<size_t>(id) * kLane + kLane / 2; }
  std::vector<std::string> cells_;
};

bool quiet(const TraceEvent& event) {
  return event.kind == TraceEvent::Kind::kMessage && (event.of == MessageKind::kBeat || event.of == MessageKind::kAcknowledgement);
}

std::string name_of(const Played& played, int id) {
  return id == 0 ? "store" : played.names[static_cast<size_t>(id) - 1];
}

std::string names(const Played& played, const std::set<int>& ids) {
  std::string text;
  for (int id : ids) text += (text.empty() ? "" : ",") + name_of(played, id);
  return text;
}

}  // namespace

std::string diagram(const Scene& scene) {
  return diagram(play(scene), scene.beats);
}

std::string diagram(const Played& played, bool beats) {
  std::string text = fmt::format("{:>9}  {:^6}", "ms", "store");
  for (const std::string& name : played.names) text += fmt::format("{:^6}", name);
  text += "\n";
  size_t hidden = 0;
  const std::vector<TraceEvent>& events = played.events;
  for (size_t i = 0; i < events.size(); ++i) {
    const TraceEvent& event = events[i];
    if (quiet(event) && !beats) {
      ++hidden;
      continue;
    }
    Lanes lanes(static_cast<int>(played.names.size()));
    std::string words;
    if (event.kind == TraceEvent::Kind::kMessage || event.kind == TraceEvent::Kind::kStore) {
      // What one says to several at a time is one line.
      std::set<int> to;
      std::set<int> lost;
      size_t last = i;
      for (; last < events.size(); ++last) {
        const TraceEvent& next = events[last];
        const bool same = next.at == event.at && next.from == event.from && next.kind == event.kind && next.name == event.name &&
                          next.words == event.words;
        if (!same) break;
        (next.arrives == Instant::never() ? lost : to).insert(next.to);
      }
      i = last - 1;
      lanes.arrow(event.from, to, lost);
      std::set<int> all = to;
      all.insert(lost.begin(), lost.end());
      words = fmt::format("{} → {}  {}: {}{}", name_of(played, event.from), names(played, all), event.name, event.words,
                          lost.empty() ? "" : fmt::format(" (lost: {})", names(played, lost)));
    } else {
      lanes.mark(event.from, event.kind == TraceEvent::Kind::kFault ? "!" : "★");
      words = fmt::format("{} {}{}", name_of(played, event.from), event.name, event.words.empty() ? "" : ": " + event.words);
    }
    text += fmt::format("{:9.3f}  {}  {}\n", static_cast<double>((event.at - played.start).count()) / 1e6, lanes.text(), words);
  }
  if (hidden > 0) text += fmt::format("{} beats and acknowledgements are not shown: --beats shows them.\n", hidden);
  return text;
}

}  // namespace baton::lab
