// docs/elections.md tells what the electors do: its pages and figures are written by this program, which also checks that they are current.
//   BATON_WRITE_ELECTIONS=1 build/release/bin/test_lab --gtest_filter=Handbook.*
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "drills/lab/experiment.h"
#include "drills/lab/pages.h"

namespace baton::lab {
namespace {

constexpr const char* kPath = BATON_SOURCE_DIR "/docs/elections.md";

std::string all_pages() {
  std::string text;
  for (const Page& page : pages()) text += to_markdown(page) + "\n";
  return text;
}

std::string number(double value) {
  return value < 0 ? "–" : fmt::format("{:.3g}", value);
}

Figures figures_of(const std::string& elector, Fault::Kind fault) {
  Cell cell;
  cell.elector = elector;
  cell.fault = fault;
  cell.seeds = 50;
  return measure(cell);
}

std::string all_figures() {
  std::string text =
      "| elector | crash: round trips to a leader, median / 99 of 100 | partition: share of time with two | pause: writes of a deposed "
      "leader, a trial "
      "| epochs ruled twice, and such writes, with the claim | messages, all begin / after a crash | share of the busiest | fairness "
      "| with priority: fairness / the preferred leads |\n"
      "|--|--|--|--|--|--|--|--|--|\n";
  for (const Page& page : pages()) {
    const std::string elector(page.elector);
    const Figures first = figures_of(elector, Fault::Kind::kNone);
    const Figures crash = figures_of(elector, Fault::Kind::kCrash);
    const Figures partition = figures_of(elector, Fault::Kind::kPartition);
    const Figures pause = figures_of(elector, Fault::Kind::kPause);
    text += fmt::format("| {} | {} / {} | {:.0f}% | {} | {} | {} / {} | {:.0f}% | {} | {} / {:.0f}% |\n", elector,
                        number(crash.rounds_median), number(crash.rounds_p99), partition.double_share * 100, number(pause.deposed_writes),
                        number(first.ruled_twice + crash.ruled_twice + partition.ruled_twice + pause.ruled_twice), number(first.messages),
                        number(crash.messages), first.busiest * 100, number(first.fairness), number(first.fairness_preferred),
                        first.preferred_leads * 100);
  }
  return text;
}

// Between the marks of this name, without the first mark's own line.
std::pair<size_t, size_t> section(const std::string& text, const std::string& name) {
  const size_t mark = text.find("<!-- " + name + ":");
  const size_t from = text.find('\n', mark) + 1;
  return {from, text.find("<!-- /" + name, from)};
}

void keep_current(const std::string& name, const std::string& wanted) {
  std::ostringstream read;
  read << std::ifstream(kPath).rdbuf();
  std::string text = read.str();
  const auto [from, to] = section(text, name);
  ASSERT_NE(to, std::string::npos) << kPath << " has lost its marks";
  if (std::getenv("BATON_WRITE_ELECTIONS") != nullptr) std::ofstream(kPath) << text.replace(from, to - from, wanted);
  EXPECT_EQ(text.substr(from, text.find("<!-- /" + name, from) - from), wanted)
      << "write it anew: BATON_WRITE_ELECTIONS=1 test_lab --gtest_filter=Handbook.*";
}

TEST(Handbook, HoldsThePageOfEveryElector) {
  keep_current("pages", all_pages());
}

TEST(Handbook, HoldsWhatTheLabMeasures) {
  keep_current("figures", all_figures());
}

}  // namespace
}  // namespace baton::lab
