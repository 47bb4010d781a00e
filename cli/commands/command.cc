#include "cli/commands/command.h"

#include <cctype>
#include <cstdio>

namespace baton::commands {

CLI::App* add_command(CLI::App& program, Session& session, const std::string& name, const std::string& description) {
  CLI::App* command = program.add_subcommand(name, description);
  command->add_option("--dir", session.directory, "The cluster's directory")->capture_default_str();
  return command;
}

int complain(const Error& error) {
  std::fprintf(stderr, "baton: %s\n", error.message.empty() ? std::string(name_of(error.code)).c_str() : error.message.c_str());
  return kUsage;
}

std::string Session::next(const std::string& words) const {
  return "baton " + words + (directory == ".baton" ? "" : " --dir " + directory);
}

int with_cluster(const Session& session, const std::function<int(cluster::Cluster&)>& action) {
  Result<cluster::Cluster> cluster = cluster::Cluster::open(session.cluster_directory());
  return cluster ? action(*cluster) : complain(cluster.error());
}

std::string capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace baton::commands
