#include "drills/scenarios/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace baton::drills {
namespace {

Round good_round(double first_ack_ms) {
  Round round;
  round.victim = 2;
  round.detected_by = "proof";
  round.figures["first"] = first_ack_ms;
  round.findings.acknowledged = 10;
  return round;
}

TEST(Report, NothingComparedIsNoPass) {
  Report report;
  EXPECT_EQ(report.verdict(), Verdict::kInconclusive);
  report.rounds.push_back(Round{});
  EXPECT_EQ(report.verdict(), Verdict::kInconclusive);
}

TEST(Report, OneLostRecordFailsTheWhole) {
  Report report;
  report.rounds = {good_round(1), good_round(2)};
  EXPECT_EQ(report.verdict(), Verdict::kPass);
  report.rounds[1].findings.lost = 1;
  EXPECT_EQ(report.verdict(), Verdict::kFail);
  EXPECT_EQ(exit_code_of(report.verdict()), 1);
}

TEST(Report, AFailureOutweighsADoubt) {
  Report report;
  report.rounds = {good_round(1), good_round(2)};
  report.rounds[0].doubts.push_back("roles had moved");
  EXPECT_EQ(report.verdict(), Verdict::kInconclusive);
  report.rounds[1].failures.push_back("no acknowledgement");
  EXPECT_EQ(report.verdict(), Verdict::kFail);
}

TEST(Report, MedianAndWorst) {
  Report report;
  report.rounds = {good_round(9), good_round(1), good_round(3)};
  EXPECT_EQ(spread_of(report, "first").median, 3);
  EXPECT_EQ(spread_of(report, "first").worst, 9);
  report.rounds.push_back(good_round(5));
  EXPECT_EQ(spread_of(report, "first").median, 4);
  EXPECT_EQ(spread_of(report, "none").count, 0u);
}

TEST(Report, CountsAreAddedUpAndShownInEachRound) {
  Report report;
  report.rounds = {good_round(1), good_round(2)};
  report.rounds[0].counts = {{"refused", 3}};
  report.rounds[1].counts = {{"refused", 4}, {"closed", 1}};
  EXPECT_EQ(totals_of(report), (std::map<std::string, uint64_t>{{"closed", 1}, {"refused", 7}}));
  EXPECT_NE(round_for_people(report.rounds[1]).find("4     refused"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(to_json(report))["counts"]["refused"], 7);
}

TEST(Report, ARoundInWhichNothingWasBrokenNamesNoVictim) {
  Round round;
  round.roles = "600 s under load";
  round.findings.acknowledged = 1;
  EXPECT_NE(round_for_people(round).find("Round 0: 600 s under load"), std::string::npos);
  Report report;
  report.rounds = {round};
  EXPECT_EQ(summary_for_people(report).find("detected by"), std::string::npos);
}

TEST(Report, JsonHoldsVerdictFiguresAndRounds) {
  Report report;
  report.rounds = {good_round(9)};
  auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["verdict"], "PASS");
  EXPECT_EQ(json["figures"]["first"]["worst"], 9);
  EXPECT_EQ(json["rounds"][0]["detected_by"], "proof");
  EXPECT_EQ(json["findings"]["lost"], 0);
}

}  // namespace
}  // namespace baton::drills
