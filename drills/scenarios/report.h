// What a drill reports: a verdict with its reasons, a timeline of each round, and the figures over all rounds. Plain data and
// its two printers, for people and as JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drills/scenarios/ledger.h"

namespace baton::drills {

enum class Verdict { kPass, kFail, kInconclusive };
std::string_view name_of(Verdict verdict);
// 0, 1 and 3: scripts may rely on them.
int exit_code_of(Verdict verdict);

// One moment of a timeline, relative to the fault.
struct Moment {
  std::string what;
  double at_ms = 0;
};

struct Round {
  int number = 0;
  int victim = -1;               // -1: nothing was broken
  std::string roles;             // of the victim: "leader", "controller", …
  std::vector<Moment> timeline;  // in the order of time
  std::string detected_by;       // proof, silence, registration; empty: not told
  int leader_before = -1, leader_after = -1, epoch_before = -1, epoch_after = -1;
  std::map<std::string, double> figures;   // measured, by name: the summary shows median and worst
  std::map<std::string, uint64_t> counts;  // counted, by name: the summary adds them up
  Findings findings;
  std::vector<std::string> failures;  // each makes the verdict FAIL
  std::vector<std::string> doubts;    // each makes it INCONCLUSIVE, unless it failed
};

struct Report {
  std::string drill;
  std::string command;                          // that runs the same again
  std::map<std::string, std::string> settings;  // of the clients
  std::vector<Round> rounds;

  Verdict verdict() const;
  Findings findings() const;
};

// Median and worst of a figure over the rounds that have it.
struct Spread {
  size_t count = 0;
  double median = 0, worst = 0;
};
Spread spread_of(const Report& report, const std::string& figure);
// The counts of all rounds, added up by name.
std::map<std::string, uint64_t> totals_of(const Report& report);

std::string round_for_people(const Round& round);
std::string summary_for_people(const Report& report);
std::string to_json(const Report& report);

}  // namespace baton::drills
