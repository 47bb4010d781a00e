// baton logs: what the processes of a cluster say, each line with its process's name.
#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <fstream>
#include <thread>

#include "cli/commands/command.h"

namespace baton::commands {
namespace {

struct Source {
  std::string name;
  std::ifstream file;
  std::string begun;  // a line whose end is not written yet
};

std::vector<std::string> read_lines(Source& source) {
  std::vector<std::string> lines;
  source.file.clear();
  char buffer[65536];
  while (source.file.read(buffer, sizeof buffer) || source.file.gcount() > 0) {
    source.begun.append(buffer, static_cast<size_t>(source.file.gcount()));
    for (size_t end; (end = source.begun.find('\n')) != std::string::npos; source.begun.erase(0, end + 1)) {
      lines.push_back(source.begun.substr(0, end));
    }
  }
  return lines;
}

std::vector<Source> sources_of(const cluster::Cluster& cluster, const std::vector<std::string>& names) {
  std::vector<Source> sources;
  auto wanted = [&](const std::string& name) { return names.empty() || std::find(names.begin(), names.end(), name) != names.end(); };
  if (cluster.description().zookeeper.own && wanted("zookeeper"))
    sources.push_back({"zookeeper", std::ifstream(cluster.directory().zookeeper_log()), {}});
  for (const cluster::BrokerEntry* entry : cluster.description().processes()) {
    const std::string name = cluster.directory().broker(entry->id).filename().string();
    if (wanted(std::to_string(entry->id)) || wanted(name))
      sources.push_back({name, std::ifstream(cluster.directory().broker_log(entry->id)), {}});
  }
  return sources;
}

int logs(cluster::Cluster& cluster, const std::vector<std::string>& names, size_t tail, bool follow) {
  std::vector<Source> sources = sources_of(cluster, names);
  if (sources.empty())
    return complain({ErrorCode::kInvalidRequest, "no such process: name a broker's or a controller's id, or `zookeeper`"});
  for (bool first = true;; first = false) {
    for (Source& source : sources) {
      std::vector<std::string> lines = read_lines(source);
      size_t from = first && lines.size() > tail ? lines.size() - tail : 0;
      for (size_t i = from; i < lines.size(); ++i) std::printf("%-9s | %s\n", source.name.c_str(), lines[i].c_str());
    }
    // A reader that went away (`| head`) ends it.
    if (std::fflush(stdout) != 0 || !follow) return kOk;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

void add_logs(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "logs", "Show what the cluster's processes say");
  struct Options {
    std::vector<std::string> names;
    size_t tail = 20;
    bool follow = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("process", options->names, "Ids of brokers and controllers, or zookeeper; all unless given");
  command->add_option("-n,--tail", options->tail, "Lines of each")->capture_default_str();
  command->add_flag("-f,--follow", options->follow, "Go on with what comes");
  command->callback([&session, options] {
    session.exit_code =
        with_cluster(session, [&](cluster::Cluster& cluster) { return logs(cluster, options->names, options->tail, options->follow); });
  });
}

}  // namespace baton::commands
