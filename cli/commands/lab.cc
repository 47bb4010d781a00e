// baton lab: elections simulated, compared, drawn and explained. It needs no cluster, save to draw a real one's election.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/commands/command.h"
#include "cli/commands/lab_live.h"
#include "cli/commands/table.h"
#include "drills/lab/contract.h"
#include "drills/lab/diagram.h"
#include "drills/lab/electors.h"
#include "drills/lab/pages.h"
#include "drills/lab/report.h"

namespace baton::commands {
namespace {

struct Options {
  std::vector<std::string> electors;
  std::vector<int> nodes{3, 5, 10};
  std::vector<std::string> faults{"none", "crash", "partition", "one-way", "pause", "loss"};
  unsigned long seeds = 20;
  std::string out;
  std::string sweep;
  bool json = false;
  // of one scene
  std::string elector;
  int scene_nodes = 5;
  std::string fault = "crash";
  unsigned long seed = 1;
  bool no_claim = false;
  bool beats = false;
  std::string html;
  bool live = false;
  bool all = false;
};

// All, or an error that names the known ones.
Result<std::vector<std::string>> electors_of(const Options& options) {
  std::vector<std::string> names;
  for (const std::string& name : options.electors) {
    if (auto found = election::find_elector(name, lab::electors()); !found) return tl::unexpected(found.error());
    names.push_back(name);
  }
  if (!names.empty()) return names;
  for (const election::ElectorKind& kind : lab::electors()) names.emplace_back(kind.name);
  return names;
}

Status write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kInvalidRequest, fmt::format("cannot write {}: give another place", path.string()));
  return {};
}

// key=a/b/c,key=…
Result<std::pair<std::vector<Duration>, std::vector<Duration>>> sweep_of(const std::string& text) {
  std::pair<std::vector<Duration>, std::vector<Duration>> ranges;  // time-outs, delays
  std::string rest = text;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string one = rest.substr(0, comma);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    const size_t equals = one.find('=');
    const std::string key = one.substr(0, equals);
    if (equals == std::string::npos || (key != "timeout" && key != "delay"))
      return fail(ErrorCode::kInvalidRequest, fmt::format("cannot sweep over '{}': write timeout=50/100/200,delay=1/5", one));
    std::string values = one.substr(equals + 1);
    while (!values.empty()) {
      const size_t slash = values.find('/');
      Result<Duration> value = lab::parse_duration(values.substr(0, slash));
      if (!value) return tl::unexpected(value.error());
      if (*value <= Duration{}) return fail(ErrorCode::kInvalidRequest, fmt::format("'{}': a time of nothing can not be swept over", one));
      (key == "timeout" ? ranges.first : ranges.second).push_back(*value);
      values = slash == std::string::npos ? "" : values.substr(slash + 1);
    }
  }
  if (ranges.first.empty()) ranges.first.push_back(lab::Cell{}.timeout);
  if (ranges.second.empty()) ranges.second.push_back(lab::Cell{}.delay);
  return ranges;
}

Result<std::vector<lab::Cell>> cells_of(const Options& options) {
  Result<std::vector<std::string>> names = electors_of(options);
  if (!names) return tl::unexpected(names.error());
  std::vector<lab::Cell> cells;
  const auto add = [&](const std::string& elector, int nodes, lab::Fault::Kind fault) -> lab::Cell& {
    cells.push_back({elector, nodes, fault, options.seeds, lab::Cell{}.delay, lab::Cell{}.timeout, false});
    return cells.back();
  };
  if (!options.sweep.empty()) {
    const auto ranges = sweep_of(options.sweep);
    if (!ranges) return tl::unexpected(ranges.error());
    for (const std::string& elector : *names) {
      for (Duration timeout : ranges->first) {
        for (Duration delay : ranges->second) {
          lab::Cell& cell = add(elector, options.scene_nodes, lab::Fault::Kind::kCrash);
          cell.timeout = timeout;
          cell.delay = delay;
          cell.stalls = true;
        }
      }
    }
    return cells;
  }
  for (const std::string& fault : options.faults) {
    const auto parsed = lab::parse_faults(fault);
    if (!parsed) return tl::unexpected(parsed.error());
    for (const std::string& elector : *names) {
      for (int nodes : options.nodes) add(elector, nodes, parsed->front().kind);
    }
  }
  return cells;
}

std::string cell_text(double value) {
  return value < 0 ? "-" : fmt::format("{:.3g}", value);
}

std::string table_of(const std::vector<lab::Figures>& figures, bool swept) {
  std::vector<std::vector<std::string>> rows;
  if (swept) {
    rows.push_back({"ELECTOR", "TIME-OUT ms", "DELAY ms", "ROUNDS p50", "p99", "FALSE CHANGES/min", "MESSAGES", "NO LEADER"});
  } else {
    rows.push_back({"FAULT", "ELECTOR", "NODES", "MESSAGES", "THEORY", "BYTES", "STORE", "ROUNDS p50", "p99", "RULE p50", "LEADERLESS",
                    "DOUBLES", "DEPOSED WRITES", "WITH CLAIM", "DISTURBED", "FAIR", "BUSIEST"});
  }
  for (const lab::Figures& one : figures) {
    if (swept) {
      rows.push_back({one.cell.elector, fmt::format("{:g}", static_cast<double>(one.cell.timeout.count()) / 1e6),
                      fmt::format("{:g}", static_cast<double>(one.cell.delay.count()) / 1e6), cell_text(one.rounds_median),
                      cell_text(one.rounds_p99), cell_text(one.false_changes), cell_text(one.messages), cell_text(one.no_leader)});
      continue;
    }
    rows.push_back({lab::fault_names()[static_cast<size_t>(one.cell.fault)], one.cell.elector, std::to_string(one.cell.nodes),
                    cell_text(one.messages), cell_text(one.theory), cell_text(one.bytes), cell_text(one.store_calls),
                    cell_text(one.rounds_median), cell_text(one.rounds_p99), cell_text(one.rule_rounds_median),
                    fmt::format("{:.1f}%", one.leaderless * 100), cell_text(one.doubles), cell_text(one.deposed_writes),
                    cell_text(one.ruled_twice), cell_text(one.disturbed), cell_text(one.fairness),
                    fmt::format("{:.0f}%", one.busiest * 100)});
  }
  return render_table(rows);
}

std::string command_line(const Options& options) {
  std::string line = "baton lab run";
  const auto list = [&line](const char* name, const auto& values) {
    if (values.empty()) return;
    line += fmt::format(" {} {}", name, fmt::join(values, ","));
  };
  list("--electors", options.electors);
  if (options.sweep.empty()) {
    list("--nodes", options.nodes);
    list("--faults", options.faults);
  } else {
    line += " --sweep " + options.sweep;
  }
  return line + fmt::format(" --seeds {}", options.seeds);
}

int lab_run(const Options& options) {
  Result<std::vector<lab::Cell>> cells = cells_of(options);
  if (!cells) return complain(cells.error());
  std::vector<lab::Figures> figures;
  for (const lab::Cell& cell : *cells) {
    say(fmt::format("{}/{}  {} with {} nodes, {}", figures.size() + 1, cells->size(), cell.elector, cell.nodes,
                    lab::fault_names()[static_cast<size_t>(cell.fault)]));
    figures.push_back(lab::measure(cell));
  }
  std::printf("%s", (options.json ? lab::to_json(figures) : table_of(figures, !options.sweep.empty())).c_str());
  if (options.out.empty()) return kOk;
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  const std::filesystem::path directory(options.out);
  for (const auto& [name, text] : {std::pair{"lab.json", lab::to_json(figures)}, std::pair{"lab.csv", lab::to_csv(figures)},
                                   std::pair{"lab.html", lab::to_html(figures, command_line(options))}}) {
    if (Status written = write_file(directory / name, text); !written) return complain(written.error());
  }
  say(fmt::format("Written to {}: lab.html, lab.csv, lab.json", options.out));
  return kOk;
}

int lab_show(const Session& session, const Options& options) {
  if (options.live) return lab_show_live(session, {options.all, options.html});
  if (options.elector.empty()) return complain(Error{ErrorCode::kInvalidRequest, "say which elector, or --live for the cluster's own"});
  if (auto found = election::find_elector(options.elector, lab::electors()); !found) return complain(found.error());
  Result<std::vector<lab::Fault>> faults = lab::parse_faults(options.fault);
  if (!faults) return complain(faults.error());
  lab::Scene scene;
  scene.elector = options.elector;
  scene.nodes = options.scene_nodes;
  scene.seed = options.seed;
  scene.claim = !options.no_claim;
  scene.faults = *std::move(faults);
  scene.beats = options.beats;
  for (const lab::Fault& fault : scene.faults)
    scene.length = std::max(scene.length, fault.at + fault.lasts + std::chrono::milliseconds(400));
  std::printf("%s", lab::diagram(scene).c_str());
  if (options.html.empty()) return kOk;
  const std::string command = fmt::format("baton lab show {} --nodes {} --fault {} --seed {}{}", options.elector, options.scene_nodes,
                                          options.fault, options.seed, options.no_claim ? " --no-claim" : "");
  if (Status written = write_file(options.html, lab::diagram_html(scene, command)); !written) return complain(written.error());
  say(fmt::format("Written: {}", options.html));
  return kOk;
}

int lab_explain(const Options& options) {
  if (options.elector.empty()) {
    std::vector<std::vector<std::string>> rows = {{"ELECTOR", ""}};
    for (const election::ElectorKind& kind : lab::electors()) rows.push_back({std::string(kind.name), std::string(kind.summary)});
    std::printf("%s", render_table(rows).c_str());
    return kOk;
  }
  if (auto found = election::find_elector(options.elector, lab::electors()); !found) return complain(found.error());
  for (const lab::Page& page : lab::pages()) {
    if (page.elector == options.elector) std::printf("%s", lab::print(page).c_str());
  }
  return kOk;
}

int lab_check(const Options& options) {
  Result<std::vector<std::string>> names = electors_of(options);
  if (!names) return complain(names.error());
  std::vector<std::vector<std::string>> rows = {{"ELECTOR", "SEEDS", "FAULTS", "RULES", "WRITES", "BROKEN"}};
  int code = kOk;
  for (const std::string& name : *names) {
    lab::ContractResult sum;
    for (unsigned long seed = 1; seed <= options.seeds; ++seed) {
      lab::ContractResult one = lab::keep_contract(name, seed);
      for (const std::string& broken : one.broken) say(broken);
      sum.broken.insert(sum.broken.end(), one.broken.begin(), one.broken.end());
      sum.rules += one.rules;
      sum.writes += one.writes;
      sum.faults += one.faults;
      if (seed % 1000 == 0) say(fmt::format("{}: {} of {} seeds", name, seed, options.seeds));
    }
    if (!sum.broken.empty()) code = kUnhealthy;
    rows.push_back({name, std::to_string(options.seeds), std::to_string(sum.faults), std::to_string(sum.rules), std::to_string(sum.writes),
                    std::to_string(sum.broken.size())});
  }
  std::printf("%s", render_table(rows).c_str());
  return code;
}

}  // namespace

void add_lab(CLI::App& program, Session& session) {
  CLI::App* command =
      program.add_subcommand("lab", "Simulate, compare, draw and explain elections; a cluster is needed for `show --live` alone");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto one_of_all = [&](CLI::App* to) {
    to->add_option("--electors", options->electors, "Which; all unless said (`lab explain` lists them)")->delimiter(',');
  };
  CLI::App* run = command->add_subcommand("run", "Compare electors under faults: a table, and with --out JSON, CSV and a page with plots");
  one_of_all(run);
  run->add_option("--nodes", options->nodes, "How many candidates")->delimiter(',')->check(CLI::Range(1, 2000))->capture_default_str();
  run->add_option("--faults", options->faults, "Which befall the leader: none, crash, pause, partition, one-way, store, loss")
      ->delimiter(',')
      ->capture_default_str();
  run->add_option("--seeds", options->seeds, "Trials of each")->check(CLI::Range(1, 1000000))->capture_default_str();
  run->add_option("--sweep", options->sweep, "Over time-outs and delays in ms instead, five nodes: timeout=50/100/200,delay=1/5");
  run->add_option("--out", options->out, "A directory for lab.json, lab.csv and lab.html");
  run->add_flag("--json", options->json, "Print JSON instead of the table");
  run->callback([&session, options] { session.exit_code = lab_run(*options); });

  CLI::App* show = command->add_subcommand("show", "Draw one election as a sequence diagram");
  show->add_option("elector", options->elector, "Which");
  show->add_option("--nodes", options->scene_nodes, "How many candidates")->check(CLI::Range(1, 20))->capture_default_str();
  show->add_option("--fault", options->fault, "KIND[:WHO][@WHEN][+FOR], several divided by commas")->capture_default_str();
  show->add_option("--seed", options->seed, "Which run")->capture_default_str();
  show->add_flag("--no-claim", options->no_claim, "Whoever is nominated leads: the algorithm by itself");
  show->add_flag("--beats", options->beats, "Show beats and acknowledgements");
  show->add_option("--html", options->html, "Also write a page to step through, and to kill, stop or cut off nodes in");
  CLI::Option* live =
      show->add_flag("--live", options->live, "The last election of the cluster in --dir instead, as its candidates recorded it");
  show->add_flag("--all", options->all, "With --live: everything that they remember")->needs(live);
  show->add_option("--dir", session.directory, "With --live: the cluster's directory")->capture_default_str();
  show->callback([&session, options] { session.exit_code = lab_show(session, *options); });

  CLI::App* explain = command->add_subcommand("explain", "The page of an algorithm; without a name, the list");
  explain->add_option("elector", options->elector, "Which");
  explain->callback([&session, options] { session.exit_code = lab_explain(*options); });

  CLI::App* check = command->add_subcommand("check", "Hold electors to the contract of all under random faults");
  one_of_all(check);
  check->add_option("--seeds", options->seeds, "Runs of each")->check(CLI::Range(1, 10000000))->capture_default_str();
  check->callback([&session, options] { session.exit_code = lab_check(*options); });
}

}  // namespace baton::commands
