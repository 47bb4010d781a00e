#include "controller/runtime/election_report.h"

#include "controller/election/election_log.h"
#include "controller/messages/control.pb.h"

namespace baton::node {
namespace {

control::ElectionEntry::Kind kind_of(election::LogEntry::Kind kind) {
  switch (kind) {
    case election::LogEntry::Kind::kSent:
      return control::ElectionEntry::SENT;
    case election::LogEntry::Kind::kHeard:
      return control::ElectionEntry::HEARD;
    case election::LogEntry::Kind::kAsked:
      return control::ElectionEntry::ASKED;
    case election::LogEntry::Kind::kBecame:
      return control::ElectionEntry::BECAME;
    case election::LogEntry::Kind::kLearnt:
      break;
  }
  return control::ElectionEntry::LEARNT;
}

}  // namespace

void report(const election::ElectionLog& log, const std::function<int64_t(Instant)>& wall_us, control::Elections& into) {
  for (const election::LogEntry& one : log.entries()) {
    control::ElectionEntry& entry = *into.add_entries();
    entry.set_wall_us(wall_us(one.at));
    entry.set_kind(kind_of(one.kind));
    if (one.peer != BrokerId()) entry.set_peer(one.peer.value());
    entry.set_message(one.message);
    entry.set_name(one.name);
    entry.set_words(one.words);
  }
}

}  // namespace baton::node
