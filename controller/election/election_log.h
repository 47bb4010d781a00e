// What one candidate saw and did in the elections it took part in, so that a real election can be drawn as the lab draws a simulated
// one: what it told its peers and heard from them, what it asked of the store, when it was nominated and when it ruled.
//
// Kept always, so that the election that surprised somebody can be looked at afterwards; hence bounded, and without what goes on for
// ever: beats, acknowledgements, and calls that repeat themselves (a lease's renewals) are left out.
//
// Pure; one thread.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>

#include "controller/election/claim.h"

namespace baton::election {

struct LogEntry {
  enum class Kind : uint8_t { kSent, kHeard, kAsked, kBecame, kLearnt };
  Instant at{};
  Kind kind = Kind::kSent;
  BrokerId peer;        // of kSent and kHeard
  std::string message;  // of these: as it was on the wire
  std::string name;     // of the others: in a word or two
  std::string words;
  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

class ElectionLog {
 public:
  explicit ElectionLog(size_t most = 1000) : most_(most) {}

  // What the elector is told, and what it and the claim decide.
  void told(Instant now, const ElectorEvent& event);
  void decided(Instant now, const ElectorDecision& decision);
  void decided(Instant now, const ClaimDecision& decision);

  const std::deque<LogEntry>& entries() const { return entries_; }

 private:
  void message(Instant now, LogEntry::Kind kind, BrokerId peer, std::string_view bytes);
  void asked(Instant now, const store::Request& request);
  void happened(Instant now, LogEntry::Kind kind, std::string name, std::string words = {});
  void keep(LogEntry entry);

  const size_t most_;
  std::deque<LogEntry> entries_;
  std::set<std::string> asked_;  // since anything else happened
  std::set<std::string> dead_;   // GUIDs; a death may be proven in several ways
  bool nominated_ = false;
};

}  // namespace baton::election
