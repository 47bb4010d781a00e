// What the lab prints and writes.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "drills/lab/diagram.h"
#include "drills/lab/electors.h"
#include "drills/lab/pages.h"
#include "drills/lab/plot.h"
#include "drills/lab/report.h"

namespace baton::lab {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

Cell cell_of(const std::string& elector, Fault::Kind fault) {
  Cell cell;
  cell.elector = elector;
  cell.fault = fault;
  cell.seeds = 5;
  return cell;
}

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(FaultWords, SayKindVictimsAndTimes) {
  const auto faults = parse_faults("crash@300ms+500ms,partition:1-2,loss+1s");
  ASSERT_TRUE(faults);
  ASSERT_EQ(faults->size(), 3U);
  EXPECT_EQ((*faults)[0].kind, Fault::Kind::kCrash);
  EXPECT_EQ((*faults)[0].at, milliseconds(300));
  EXPECT_EQ((*faults)[0].lasts, milliseconds(500));
  EXPECT_TRUE((*faults)[0].who.empty()) << "the leader";
  EXPECT_EQ((*faults)[1].who, (std::vector<int>{1, 2}));
  EXPECT_EQ((*faults)[2].lasts, std::chrono::seconds(1));
}

TEST(FaultWords, AreRefusedWithASentence) {
  EXPECT_THAT(parse_faults("flood").error().message, HasSubstr("there is no fault 'flood': take one of none, crash, pause"));
  EXPECT_THAT(parse_faults("crash:nobody").error().message, HasSubstr("strikes nobody known"));
  EXPECT_THAT(parse_faults("crash@soon").error().message, HasSubstr("begins at no known time"));
  EXPECT_FALSE(parse_faults(""));
}

TEST(Catalog, NamesTheKnownWhereAWordIsUnknown) {
  const auto found = election::find_elector("gossip", electors());
  ASSERT_FALSE(found);
  for (const election::ElectorKind& kind : electors()) EXPECT_THAT(found.error().message, HasSubstr(std::string(kind.name)));
}

TEST(Pages, EveryElectorHasOneWithEveryPart) {
  ASSERT_EQ(pages().size(), electors().size());
  for (size_t i = 0; i < pages().size(); ++i) {
    EXPECT_EQ(pages()[i].elector, electors()[i].name);
    for (const char* part : {"Source", "Idea", "Assumes", "Costs", "Breaks", "Kin", "See"}) EXPECT_THAT(print(pages()[i]), HasSubstr(part));
  }
}

TEST(Experiment, ShowsTheWeaknessAndTheClaimsCure) {
  const Figures bully = measure(cell_of("bully", Fault::Kind::kPartition));
  EXPECT_GT(bully.doubles, 0);
  EXPECT_GT(bully.deposed_writes, 0);
  EXPECT_EQ(bully.ruled_twice, 0);
  const Figures raft = measure(cell_of("raft", Fault::Kind::kPartition));
  EXPECT_EQ(raft.doubles, 0);
  EXPECT_EQ(raft.double_share, 0);
  EXPECT_GT(raft.rounds_median, 0);
}

TEST(Experiment, TellsWhoIsFairAndWhoIsABottleneck) {
  Cell cell = cell_of("bully", Fault::Kind::kNone);
  cell.seeds = 40;
  EXPECT_NEAR(measure(cell).fairness, 0.2, 0.001) << "always the highest of five";
  EXPECT_LT(measure(cell).busiest, 0.5);
  cell.elector = "lease";
  EXPECT_GT(measure(cell).fairness, 0.6);
  EXPECT_EQ(measure(cell).busiest, 1) << "the store does it all";
}

// Those that rank elect the preferred; the others elect by chance, and then hand over.
TEST(Experiment, TellsHowPrioritySkewsWhoLeads) {
  for (const election::ElectorKind& kind : election::elector_kinds()) {
    Cell cell = cell_of(std::string(kind.name), Fault::Kind::kNone);
    cell.seeds = 40;
    const Figures figures = measure(cell);
    EXPECT_GT(figures.preferred_leads, 0.7) << kind.name;
    const bool ranks = kind.name == "bully" || kind.name == "ring" || kind.name == "hirschberg-sinclair";
    if (ranks) {
      EXPECT_NEAR(figures.fairness_preferred, 0.2, 0.001) << kind.name;
      EXPECT_GT(figures.preferred_leads, 0.99) << kind.name;
    } else {
      EXPECT_GT(figures.fairness_preferred, 0.6) << kind.name;
    }
  }
}

TEST(Experiment, AShortTimeOutFindsDeathsSoonerAndInventsSome) {
  Cell hasty = cell_of("raft", Fault::Kind::kCrash);
  hasty.timeout = milliseconds(20);
  hasty.stalls = true;
  Cell patient = hasty;
  patient.timeout = milliseconds(400);
  const Figures quick = measure(hasty);
  const Figures slow = measure(patient);
  EXPECT_LT(quick.rounds_median, slow.rounds_median);
  EXPECT_GT(quick.false_changes, 20);
  EXPECT_EQ(slow.false_changes, 0) << "no stall lasts so long";
}

TEST(Report, EachFormHoldsEveryFigure) {
  const std::vector<Figures> figures = {measure(cell_of("ring", Fault::Kind::kNone)), measure(cell_of("raft", Fault::Kind::kCrash))};
  const std::string csv = to_csv(figures);
  EXPECT_EQ(count(csv, "\n"), 3U);
  const std::string head = csv.substr(0, csv.find('\n'));
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) EXPECT_EQ(count(line, ","), count(head, ","));
  const auto json = nlohmann::json::parse(to_json(figures));
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["elector"], "ring");
  EXPECT_EQ(json[1]["fault"], "crash");
  for (const Column& column : columns()) EXPECT_TRUE(json[0].contains(std::string(column.name))) << column.name;
  const std::string html = to_html(figures, "baton lab run");
  EXPECT_GE(count(html, "<svg"), 6U);
  EXPECT_EQ(count(html, "<svg"), count(html, "</svg>"));
  EXPECT_THAT(html, Not(HasSubstr("http"))) << "a page that needs nothing but itself";
  EXPECT_THAT(html, HasSubstr("stroke-dasharray")) << "theory's curve";
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(Plot, PutsEachPointWhereItBelongs) {
  Plot plot{"t", "x", "y", false, false, {}};
  plot.line("a", false).points = {{0, 0}, {10, 100}};
  const std::string svg = plot.svg();
  EXPECT_THAT(svg, HasSubstr("points='60.0,260.0 410.0,10.0 '"));
  EXPECT_EQ((Plot{"t", "x", "y", true, true, {}}).svg(), "");
}

TEST(Diagram, DrawsWhoSaysWhatToWhom) {
  Scene scene;
  scene.elector = "bully";
  scene.nodes = 3;
  scene.faults = *parse_faults("crash@300ms+400ms");
  const std::string text = diagram(scene);
  EXPECT_THAT(text, HasSubstr("3 crashes"));
  EXPECT_THAT(text, HasSubstr("2 leads"));
  EXPECT_THAT(text, HasSubstr("Coordinator: I am the leader from now on"));
  EXPECT_THAT(text, HasSubstr("◀─────●"));
  EXPECT_EQ(text, diagram(scene)) << "a seed is a run";
  Scene other = scene;
  other.seed = 2;
  EXPECT_NE(text, diagram(other));
  scene.beats = true;
  EXPECT_THAT(diagram(scene), HasSubstr("I lead and I live"));
}

TEST(Diagram, ThePageHoldsWhatEachInterventionLeadsTo) {
  Scene scene;
  scene.elector = "raft";
  scene.nodes = 3;
  const std::string html = diagram_html(scene, "baton lab show raft");
  const size_t from = html.find("const D=") + 8;
  const auto data = nlohmann::json::parse(html.substr(from, html.find(";\n", from) - from));
  ASSERT_EQ(data["instants"].size(), 10U);
  EXPECT_EQ(data["runs"].size(), 10U * 3 * 3);
  const auto leads = [&](const nlohmann::json& events) {
    std::vector<int> nodes;
    for (const auto& event : events) {
      if (event[2] == 2 && data["words"][event[5].get<size_t>()] == "leads") nodes.push_back(event[3].get<int>());
    }
    return nodes;
  };
  ASSERT_EQ(leads(data["base"]).size(), 1U);
  const int leader = leads(data["base"]).front();
  const std::string killed = "0-" + std::to_string(leader) + "-" + std::to_string(data["instants"][4].get<int64_t>());
  const std::vector<int> after = leads(data["runs"][killed]);
  ASSERT_FALSE(after.empty()) << "nobody follows the leader that was killed";
  EXPECT_NE(after.front(), leader);
}

}  // namespace
}  // namespace baton::lab
