// What the commands of `baton` share. Each command is one file with one function that adds it to the program; running it
// leaves the exit code in Session.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"
#include "cli/cluster/cluster.h"

namespace baton::commands {

// Exit codes: scripts may rely on them.
inline constexpr int kOk = 0;
inline constexpr int kUnhealthy = 1;  // also: a failed verdict
inline constexpr int kUsage = 2;      // the command could not do what was asked; a sentence on standard error says why

struct Session {
  std::string directory = ".baton";
  int exit_code = kOk;

  cluster::Directory cluster_directory() const { return cluster::Directory(directory); }
  // A command for the user to type next, about the same cluster: `words` with --dir where it is needed.
  std::string next(const std::string& words) const;
};

// The options that every command has.
CLI::App* add_command(CLI::App& program, Session& session, const std::string& name, const std::string& description);
// Says what went wrong on standard error; returns kUsage.
int complain(const Error& error);
// Opens the cluster of --dir and runs `action` on it, or complains.
int with_cluster(const Session& session, const std::function<int(cluster::Cluster&)>& action);
// As a sentence's beginning.
std::string capital(std::string text);
// A line of progress on standard error.
void say(const std::string& line);

void add_up(CLI::App& program, Session& session);
void add_down(CLI::App& program, Session& session);
void add_status(CLI::App& program, Session& session);
void add_failovers(CLI::App& program, Session& session);
void add_logs(CLI::App& program, Session& session);
void add_kill(CLI::App& program, Session& session);
void add_start(CLI::App& program, Session& session);
void add_add_broker(CLI::App& program, Session& session);
void add_leader(CLI::App& program, Session& session);
void add_leader_why(CLI::App& leader, Session& session);
void add_broker(CLI::App& program, Session& session);
void add_what_if(CLI::App& program, Session& session);
void add_rolling_restart(CLI::App& program, Session& session);
void add_controller(CLI::App& program, Session& session);
void add_topic(CLI::App& program, Session& session);
void add_topic_reassignments(CLI::App& topic, Session& session);
void add_produce(CLI::App& program, Session& session);
void add_consume(CLI::App& program, Session& session);
void add_drill(CLI::App& program, Session& session);
void add_lead(CLI::App& program, Session& session);
void add_lab(CLI::App& program, Session& session);

}  // namespace baton::commands
