#include "drills/scenarios/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace baton::drills {
namespace {

using json = nlohmann::ordered_json;

std::set<std::string> figure_names(const Report& report) {
  std::set<std::string> names;
  for (const Round& round : report.rounds) {
    for (const auto& [name, value] : round.figures) names.insert(name);
  }
  return names;
}

std::string counts(const Findings& findings) {
  std::string alone;
  if (findings.unreplicated > 0) {
    alone = fmt::format("; {} of acks=1 went with the leader that alone had them", findings.unreplicated);
  }
  return fmt::format("{} acknowledged, {} read back: {} lost, {} moved, {} duplicated, {} out of order, {} retracted after being consumed",
                     findings.acknowledged, findings.read, findings.lost, findings.moved, findings.duplicated, findings.disordered,
                     findings.retracted) +
         alone;
}

json to_json(const Findings& findings) {
  return {{"acknowledged", findings.acknowledged},
          {"read_back", findings.read},
          {"lost", findings.lost},
          {"moved", findings.moved},
          {"duplicated", findings.duplicated},
          {"out_of_order", findings.disordered},
          {"retracted", findings.retracted},
          {"unreplicated", findings.unreplicated},
          {"anomalies", findings.anomalies}};
}

json to_json(const Round& round) {
  json timeline = json::array();
  for (const Moment& moment : round.timeline) timeline.push_back({{"what", moment.what}, {"at_ms", moment.at_ms}});
  return {{"round", round.number},
          {"victim", round.victim},
          {"roles", round.roles},
          {"detected_by", round.detected_by},
          {"leader", {{"before", round.leader_before}, {"after", round.leader_after}}},
          {"leader_epoch", {{"before", round.epoch_before}, {"after", round.epoch_after}}},
          {"timeline", timeline},
          {"figures", round.figures},
          {"counts", round.counts},
          {"findings", to_json(round.findings)},
          {"failures", round.failures},
          {"doubts", round.doubts}};
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  return verdict == Verdict::kPass ? "PASS" : verdict == Verdict::kFail ? "FAIL" : "INCONCLUSIVE";
}

int exit_code_of(Verdict verdict) {
  return verdict == Verdict::kPass ? 0 : verdict == Verdict::kFail ? 1 : 3;
}

Verdict Report::verdict() const {
  bool doubtful = rounds.empty();
  for (const Round& round : rounds) {
    if (!round.failures.empty() || !round.findings.clean()) return Verdict::kFail;
    // Nothing acknowledged is nothing compared.
    doubtful = doubtful || !round.doubts.empty() || round.findings.acknowledged == 0;
  }
  return doubtful ? Verdict::kInconclusive : Verdict::kPass;
}

Findings Report::findings() const {
  Findings sum;
  for (const Round& round : rounds) sum += round.findings;
  return sum;
}

Spread spread_of(const Report& report, const std::string& figure) {
  std::vector<double> values;
  for (const Round& round : report.rounds) {
    if (auto at = round.figures.find(figure); at != round.figures.end()) values.push_back(at->second);
  }
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  size_t middle = values.size() / 2;
  double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {values.size(), median, values.back()};
}

std::map<std::string, uint64_t> totals_of(const Report& report) {
  std::map<std::string, uint64_t> totals;
  for (const Round& round : report.rounds) {
    for (const auto& [name, count] : round.counts) totals[name] += count;
  }
  return totals;
}

std::string round_for_people(const Round& round) {
  std::string text = fmt::format("Round {}: ", round.number);
  text += round.victim < 0 ? round.roles : fmt::format("broker {} ({})", round.victim, round.roles);
  if (round.leader_after >= 0) {
    text += fmt::format("; leader {} at epoch {} -> leader {} at epoch {}", round.leader_before, round.epoch_before, round.leader_after,
                        round.epoch_after);
  }
  text += "\n";
  for (const Moment& moment : round.timeline) text += fmt::format("  {:>10.2f} ms  {}\n", moment.at_ms, moment.what);
  for (const auto& [name, count] : round.counts) text += fmt::format("  {:>10}     {}\n", count, name);
  text += "  " + counts(round.findings) + "\n";
  for (const std::string& anomaly : round.findings.anomalies) text += "    " + anomaly + "\n";
  for (const std::string& failure : round.failures) text += "  FAILED: " + failure + "\n";
  for (const std::string& doubt : round.doubts) text += "  doubtful: " + doubt + "\n";
  return text;
}

std::string summary_for_people(const Report& report) {
  std::string text = fmt::format("\n{} over {} round(s)\n", report.drill, report.rounds.size());
  for (const std::string& name : figure_names(report)) {
    Spread spread = spread_of(report, name);
    text += fmt::format("  {:<50} median {:>10.2f}   worst {:>10.2f}   ({})\n", name, spread.median, spread.worst, spread.count);
  }
  for (const auto& [name, total] : totals_of(report)) text += fmt::format("  {:<72} total {:>8}\n", name, total);
  std::map<std::string, int> detection;
  for (const Round& round : report.rounds) {
    if (round.victim >= 0) ++detection[round.detected_by.empty() ? "(not told)" : round.detected_by];
  }
  for (const auto& [how, count] : detection) text += fmt::format("  detected by {}: {} of {}\n", how, count, report.rounds.size());
  text += "  clients:";
  for (const auto& [key, value] : report.settings) text += fmt::format(" {}={}", key, value);
  text += "\n  " + counts(report.findings()) + "\n  again: " + report.command + "\n\n";
  return text + std::string(name_of(report.verdict())) + "\n";
}

std::string to_json(const Report& report) {
  json rounds = json::array();
  for (const Round& round : report.rounds) rounds.push_back(to_json(round));
  json figures = json::object();
  for (const std::string& name : figure_names(report)) {
    Spread spread = spread_of(report, name);
    figures[name] = {{"median", spread.median}, {"worst", spread.worst}, {"count", spread.count}};
  }
  json whole = {{"drill", report.drill},
                {"verdict", name_of(report.verdict())},
                {"command", report.command},
                {"settings", report.settings},
                {"figures", figures},
                {"counts", totals_of(report)},
                {"findings", to_json(report.findings())},
                {"rounds", rounds}};
  return whole.dump(2);
}

}  // namespace baton::drills
