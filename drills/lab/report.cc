#include "drills/lab/report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "drills/lab/plot.h"

namespace baton::lab {
namespace {

double milliseconds_of(Duration time) {
  return static_cast<double>(time.count()) / 1e6;
}

std::string fault_of(const Figures& one) {
  return fault_names()[static_cast<size_t>(one.cell.fault)];
}

// A line for each elector over the numbers of nodes.
Plot over_nodes(const std::vector<Figures>& figures, Fault::Kind fault, const std::string& title, double Figures::*value,
                bool with_theory) {
  Plot plot{title, "nodes", with_theory ? "messages" : "", true, true, {}};
  for (const Figures& one : figures) {
    if (one.cell.fault != fault) continue;
    if (one.*value > 0) plot.line(one.cell.elector, false).points.emplace_back(one.cell.nodes, one.*value);
    if (with_theory && one.theory > 0) plot.line(one.cell.elector, true).points.emplace_back(one.cell.nodes, one.theory);
  }
  return plot;
}

// Bars for each elector, a group for each fault, at the largest number of nodes that all were asked for.
Bars by_fault(const std::vector<Figures>& figures, int nodes, const std::string& title, double Figures::*value) {
  Bars bars{title, {}};
  for (const Figures& one : figures) {
    if (one.cell.nodes == nodes && one.*value >= 0) bars.add(fault_of(one), one.cell.elector, one.*value);
  }
  return bars;
}

std::string table(const std::vector<Figures>& figures) {
  std::string html = "<table><tr><th>elector<th>nodes<th>fault";
  for (const Column& column : columns()) html += fmt::format("<th title='{}'>{}", column.says, column.name);
  html += "</tr>";
  for (const Figures& one : figures) {
    html += fmt::format("<tr><td>{}<td>{}<td>{}", one.cell.elector, one.cell.nodes, fault_of(one));
    for (const Column& column : columns()) {
      const double value = one.*column.value;
      html += value < 0 ? std::string("<td>–") : fmt::format("<td>{:.4g}", value);
    }
    html += "</tr>";
  }
  return html + "</table>";
}

std::string legend() {
  std::string html = "<dl>";
  for (const Column& column : columns()) html += fmt::format("<dt>{}<dd>{}", column.name, column.says);
  return html + "</dl>";
}

constexpr std::string_view kHead =
    R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Baton: the lab's report</title><style>
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse;font-size:12px;display:block;overflow-x:auto}td,th{border:1px solid #ccc;padding:2px 6px;text-align:right}
th{background:#f2f2f2}td:first-child,td:nth-child(3){text-align:left}figure{display:inline-block;margin:0 1em 1em 0}
figcaption{font-weight:600}dt{font-weight:600;float:left;clear:left;width:13em}dd{margin-left:14em}code{background:#f2f2f2;padding:1px 4px}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th,code{background:#2a2a2a}td,th{border-color:#444}svg{filter:invert(.88) hue-rotate(180deg)}}
</style></head><body>)";

}  // namespace

std::string to_csv(const std::vector<Figures>& figures) {
  std::string csv = "elector,nodes,fault,seeds,delay_ms,timeout_ms";
  for (const Column& column : columns()) csv += fmt::format(",{}", column.name);
  csv += "\n";
  for (const Figures& one : figures) {
    csv += fmt::format("{},{},{},{},{},{}", one.cell.elector, one.cell.nodes, fault_of(one), one.cell.seeds,
                       milliseconds_of(one.cell.delay), milliseconds_of(one.cell.timeout));
    for (const Column& column : columns()) csv += fmt::format(",{:.6g}", one.*column.value);
    csv += "\n";
  }
  return csv;
}

std::string to_json(const std::vector<Figures>& figures) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Figures& one : figures) {
    nlohmann::ordered_json row;
    row["elector"] = one.cell.elector;
    row["nodes"] = one.cell.nodes;
    row["fault"] = fault_of(one);
    row["seeds"] = one.cell.seeds;
    row["delay_ms"] = milliseconds_of(one.cell.delay);
    row["timeout_ms"] = milliseconds_of(one.cell.timeout);
    for (const Column& column : columns()) row[std::string(column.name)] = one.*column.value;
    all.push_back(std::move(row));
  }
  return all.dump(1) + "\n";
}

std::string to_html(const std::vector<Figures>& figures, const std::string& command) {
  std::string html(kHead);
  html +=
      fmt::format("<h1>Elections, compared</h1><p>Simulated by the very electors that ship; repeat it with <code>{}</code>.</p>", command);
  int nodes = 0;
  bool swept = false;
  std::set<std::pair<int64_t, int64_t>> places;
  for (const Figures& one : figures) {
    nodes = std::max(nodes, one.cell.nodes);
    places.emplace(one.cell.timeout.count(), one.cell.delay.count());
  }
  swept = places.size() > 1;
  if (swept) {
    Plot detect{"Round trips to a new leader, by time-out", "time-out, ms", "round trips", true, true, {}};
    Plot wrong{"Changes of leader a minute in which nodes only stall, by time-out", "time-out, ms", "changes", true, false, {}};
    for (const Figures& one : figures) {
      const std::string name = fmt::format("{} {:g} ms", one.cell.elector, milliseconds_of(one.cell.delay));
      if (one.rounds_median > 0) detect.line(name, false).points.emplace_back(milliseconds_of(one.cell.timeout), one.rounds_median);
      wrong.line(name, false).points.emplace_back(milliseconds_of(one.cell.timeout), one.false_changes);
    }
    html += detect.svg() + wrong.svg();
  } else {
    html +=
        over_nodes(figures, Fault::Kind::kNone, "Messages of an election that all begin (dashed: theory)", &Figures::messages, true).svg();
    html += over_nodes(figures, Fault::Kind::kCrash, "Messages after the leader's crash", &Figures::messages, false).svg();
    html += over_nodes(figures, Fault::Kind::kCrash, "Bytes after the leader's crash", &Figures::bytes, false).svg();
    html +=
        over_nodes(figures, Fault::Kind::kCrash, "Round trips from the crash to a leader, median", &Figures::rounds_median, false).svg();
    html += over_nodes(figures, Fault::Kind::kCrash, "Share of the work that the busiest does", &Figures::busiest, false).svg();
    for (const auto& [title, value] : std::initializer_list<std::pair<const char*, double Figures::*>>{
             {"Round trips to a leader, 99 of 100", &Figures::rounds_p99},
             {"Round trips to a ruler, with the claim", &Figures::rule_rounds_median},
             {"Share of time without a leader", &Figures::leaderless},
             {"Second leaders a trial, without the claim", &Figures::doubles},
             {"Writes of a deposed leader a trial, without the claim", &Figures::deposed_writes},
             {"Epochs ruled twice and writes of deposed rulers, with the claim", &Figures::ruled_twice},
             {"Changes of leader after healing", &Figures::disturbed},
             {"Fairness: Jain's index of who leads first", &Figures::fairness},
             {"The same, with one preferred by priority", &Figures::fairness_preferred},
             {"Share of time that the preferred leads", &Figures::preferred_leads}}) {
      html += by_fault(figures, nodes, fmt::format("{} ({} nodes)", title, nodes), value).svg();
    }
  }
  return html + "<h2>All figures</h2>" + table(figures) + "<h2>What they mean</h2>" + legend() + "</body></html>\n";
}

}  // namespace baton::lab
