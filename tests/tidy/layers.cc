#include "tests/tidy/layers.h"

#include <algorithm>
#include <set>

namespace baton::tidy {
namespace {

// Made by protoc; not in the tree.
constexpr std::string_view kGenerated[] = {"controller/messages/control.pb.h"};

constexpr std::string_view kImpure[] = {"thread", "mutex",    "shared_mutex", "condition_variable", "atomic",  "future",   "fstream",
                                        "random", "iostream", "filesystem",   "unistd.h",           "fcntl.h", "signal.h", "time.h",
                                        "ctime",  "poll.h",   "csignal"};
constexpr std::string_view kImpureFamilies[] = {"sys/", "netinet/", "arpa/", "asio", "zookeeper/", "spdlog"};

bool impure(std::string_view header) {
  if (std::find(std::begin(kImpure), std::end(kImpure), header) != std::end(kImpure)) return true;
  return std::any_of(std::begin(kImpureFamilies), std::end(kImpureFamilies),
                     [&](std::string_view family) { return header.starts_with(family); });
}

bool exists(const Tree& tree, const std::string& path) {
  return tree.contains(path) || std::find(std::begin(kGenerated), std::end(kGenerated), path) != std::end(kGenerated);
}

bool allowed(const Layer& from, const Layer& to) {
  if (from.folder == to.folder) return true;
  return std::any_of(from.may_include.begin(), from.may_include.end(),
                     [&](const std::string& folder) { return folder == "*" || folder == to.folder; });
}

// Depth first; `path` is the way from the root of the search.
struct CircleSearch {
  const Tree& tree;
  std::set<std::string> done;
  std::vector<std::string> path;
  Violations found;

  void visit(const std::string& header) {
    if (done.contains(header)) return;
    path.push_back(header);
    for (const Include& include : includes_of(tree.at(header))) {
      if (!include.quoted || !is_header(include.what) || !tree.contains(include.what)) continue;
      auto begin = std::find(path.begin(), path.end(), include.what);
      if (begin == path.end()) {
        visit(include.what);
        continue;
      }
      std::string circle;
      for (auto at = begin; at != path.end(); ++at) circle += *at + " -> ";
      found.push_back({header, include.line, "includes in a circle: " + circle + include.what});
    }
    path.pop_back();
    done.insert(header);
  }
};

}  // namespace

const std::vector<Layer>& layers() {
  // clang-format off
  static const std::vector<Layer> table = {
      {"base", {}},
      {"base/network", {"base"}},

      {"partitions/state", {"base"}, true},
      {"partitions/log", {"base", "partitions/state"}},
      {"partitions/replica", {"base", "partitions/state", "partitions/log"}},

      {"controller/messages", {}},
      {"controller/decision", {"base", "partitions/state"}, true},
      {"controller/coordination", {"base"}},
      {"controller/election", {"base", "controller/coordination"}, true},
      {"controller/lead", {"base", "controller/coordination", "controller/election"}, true},
      {"controller/lead/hosting", {"base", "base/network", "controller/coordination", "controller/election", "controller/lead"}},
      {"controller/agent", {"base", "controller/coordination", "controller/messages", "controller/decision"}, true},
      {"controller/runtime", {"base", "base/network", "controller/messages", "controller/decision", "controller/coordination",
                              "controller/election", "controller/agent"}},
      {"controller/plugin", {"base", "base/network", "controller/messages", "controller/decision", "controller/coordination",
                             "controller/election", "controller/agent", "controller/runtime", "controller/lead", "controller/lead/hosting"}},

      // Of the manager the broker knows the ABI and the messages, nothing else.
      {"broker/config", {"base", "base/network", "partitions/log"}},
      {"broker/protocol", {"base"}},
      {"broker/security", {"base", "base/network", "broker/protocol"}},
      {"broker/metrics", {"base"}},
      {"broker/metadata", {"base", "base/network", "controller/messages", "controller/plugin"}},
      {"broker/groups", {"base"}, true},
      {"broker/shards", {"base", "base/network", "partitions/state", "partitions/log", "partitions/replica", "controller/messages",
                         "broker/config", "broker/protocol", "broker/metadata", "broker/metrics", "broker/supervision"}},
      {"broker/metrics/serving", {"base", "base/network", "partitions/log", "partitions/replica", "partitions/state", "controller/messages",
                                  "broker/metadata", "broker/metrics", "broker/shards"}},
      {"broker/groups/hosting", {"base", "base/network", "partitions/log", "broker/groups", "broker/metadata", "broker/shards"}},
      {"broker/handlers", {"base", "base/network", "partitions/state", "partitions/log", "partitions/replica", "controller/messages",
                           "broker/config", "broker/protocol", "broker/security", "broker/metadata", "broker/metrics", "broker/groups",
                           "broker/groups/hosting", "broker/shards"}},
      {"broker/supervision/judgement", {"base"}, true},
      {"broker/supervision", {"base", "base/network", "controller/messages", "broker/supervision/judgement"}},
      {"broker", {"base", "base/network", "partitions/state", "partitions/log", "partitions/replica", "controller/messages",
                  "controller/plugin", "broker/config", "broker/protocol", "broker/security", "broker/metadata", "broker/metrics",
                  "broker/metrics/serving", "broker/groups", "broker/groups/hosting", "broker/shards", "broker/handlers",
                  "broker/supervision"}},

      {"cli/client", {"base", "broker/protocol", "controller/messages"}},
      // It has to know which electors ask their peers.
      {"cli/cluster", {"base", "controller/coordination", "controller/election", "controller/messages", "cli/client"}},
      {"cli/lead", {"base", "base/network", "controller/coordination", "controller/election", "controller/lead", "controller/lead/hosting"}},
      {"drills/probe", {"base", "cli/client"}},
      {"drills/scenarios", {"base", "controller/messages", "cli/client", "cli/cluster", "drills/probe"}},
      {"drills/probe_program", {"base", "cli/client", "drills/probe", "drills/scenarios"}},
      // The lab simulates the very electors that ship, so it may look at them.
      {"drills/lab", {"base", "controller/coordination", "controller/election"}, true},
      {"cli/commands", {"base", "controller/messages", "controller/coordination", "controller/lead", "controller/lead/hosting", "cli/client",
                        "cli/cluster", "cli/lead", "drills/lab", "drills/probe", "drills/scenarios"}},

      {"examples/fencing", {"controller/plugin"}},

      // A test may look anywhere; nothing but a test may look at tests.
      {"bench/log_start", {"base", "partitions/state", "partitions/log"}},
      {"bench/partitions", {"base", "broker/protocol", "cli/client"}},
      {"bench/scale", {"base", "base/network", "controller/messages", "controller/decision", "controller/coordination",
                       "controller/election", "controller/agent", "controller/runtime", "controller/plugin"}},
      {"tests", {"*"}},
  };
  // clang-format on
  return table;
}

const Layer* layer_of(const std::vector<Layer>& layers, std::string_view path) {
  const Layer* best = nullptr;
  for (const Layer& layer : layers) {
    bool inside = path.starts_with(layer.folder) && path.size() > layer.folder.size() && path[layer.folder.size()] == '/';
    if (inside && (best == nullptr || layer.folder.size() > best->folder.size())) best = &layer;
  }
  return best;
}

Violations check_layers(const Tree& tree, const std::vector<Layer>& layers) {
  Violations found;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) continue;
    const Layer* from = layer_of(layers, path);
    if (from == nullptr) {
      found.push_back({path, 0, "lies in no folder of the table in tests/tidy/layers.cc"});
      continue;
    }
    for (const Include& include : includes_of(text)) {
      if (!include.quoted) {
        if (from->pure && impure(include.what)) {
          found.push_back({path, include.line, from->folder + " is pure and may not include <" + include.what + ">"});
        }
        continue;
      }
      const Layer* to = layer_of(layers, include.what);
      if (!exists(tree, include.what) || to == nullptr) {
        found.push_back({path, include.line, "\"" + include.what + "\" is no file of this tree, as seen from its root"});
      } else if (!allowed(*from, *to)) {
        found.push_back({path, include.line, from->folder + " may not include " + to->folder + ": \"" + include.what + "\""});
      }
    }
  }
  return found;
}

Violations check_circles(const Tree& tree) {
  CircleSearch search{tree, {}, {}, {}};
  for (const auto& [path, text] : tree) {
    if (is_header(path)) search.visit(path);
  }
  return search.found;
}

}  // namespace baton::tidy
