#include "cli/commands/lab_live.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "cli/client/control_client.h"
#include "drills/lab/live.h"

namespace baton::commands {
namespace {

constexpr std::chrono::seconds kPatience(2);

struct Seen {
  std::vector<lab::Witness> witnesses;
  std::vector<int> silent;  // who could not be asked
  std::string elector;
};

election::LogEntry entry_of(const control::ElectionEntry& told) {
  election::LogEntry entry;
  entry.at = Instant{told.wall_us() * 1000};
  switch (told.kind()) {
    case control::ElectionEntry::SENT:
      entry.kind = election::LogEntry::Kind::kSent;
      break;
    case control::ElectionEntry::HEARD:
      entry.kind = election::LogEntry::Kind::kHeard;
      break;
    case control::ElectionEntry::ASKED:
      entry.kind = election::LogEntry::Kind::kAsked;
      break;
    case control::ElectionEntry::BECAME:
      entry.kind = election::LogEntry::Kind::kBecame;
      break;
    default:
      entry.kind = election::LogEntry::Kind::kLearnt;
  }
  const bool of_a_peer = told.kind() == control::ElectionEntry::SENT || told.kind() == control::ElectionEntry::HEARD;
  if (of_a_peer) entry.peer = BrokerId(told.peer());
  entry.message = told.message();
  entry.name = told.name();
  entry.words = told.words();
  return entry;
}

Result<control::Elections> ask(const cluster::BrokerEntry& process) {
  auto connection = client::Connection::open({"127.0.0.1", process.control_port}, client::after(kPatience));
  if (!connection) return tl::unexpected(connection.error());
  control::Request request;
  request.mutable_query_elections();
  auto answer = client::ask(*connection, std::move(request), client::after(kPatience));
  if (!answer) return tl::unexpected(answer.error());
  return std::move(*answer->mutable_elections());
}

Seen ask_all(const cluster::Description& description) {
  Seen seen;
  for (const cluster::BrokerEntry* process : description.processes()) {
    const auto told = ask(*process);
    if (!told) {
      seen.silent.push_back(process->id);
      continue;
    }
    seen.elector = told->elector();
    lab::Witness witness{process->id, {}};
    for (const control::ElectionEntry& entry : told->entries()) witness.entries.push_back(entry_of(entry));
    // Who is no candidate has nothing to tell, and gets no lane.
    if (!witness.entries.empty()) seen.witnesses.push_back(std::move(witness));
  }
  return seen;
}

Status write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kInvalidRequest, fmt::format("cannot write {}: give another place", path));
  return {};
}

}  // namespace

int lab_show_live(const Session& session, const LiveOptions& options) {
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    const Seen seen = ask_all(cluster.description());
    if (seen.witnesses.empty())
      return complain(
          Error{ErrorCode::kNetworkException, "no process of the cluster tells of an election: see `" + session.next("status") + "`"});
    const lab::Played all = lab::assemble(seen.witnesses, seen.silent);
    const lab::Played shown = options.all ? all : lab::last_election(all);
    if (!seen.silent.empty()) say(fmt::format("Not asked, for it does not answer: {}", fmt::join(seen.silent, ", ")));
    std::printf("%s", lab::diagram(shown, true).c_str());
    if (options.html.empty()) return kOk;
    const std::string about =
        "Put together from what the candidates of a real cluster recorded; beats and acknowledgements are not kept. Step with the arrows.";
    if (Status written = write(options.html, lab::diagram_html(shown, fmt::format("{}, as it happened", seen.elector), about)); !written)
      return complain(written.error());
    say(fmt::format("Written: {}", options.html));
    return kOk;
  });
}

}  // namespace baton::commands
