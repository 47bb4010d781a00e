// baton controller: who rules and who could follow; and a hand-over of the rule in good order.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/uuid.h"
#include "cli/cluster/controller_request.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

using json = nlohmann::ordered_json;

constexpr std::chrono::seconds kStatusWithin(2);
constexpr std::chrono::seconds kTransferWithin(20);

std::string for_how_long(int64_t milliseconds) {
  if (milliseconds < 10'000) return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000);
  const int64_t seconds = milliseconds / 1000;
  if (seconds < 600) return fmt::format("{} s", seconds);
  if (seconds < 36'000) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

std::string standing_of(const control::CandidateState& candidate) {
  if (candidate.rules()) return "rules";
  if (candidate.proven_dead()) return "dead";
  if (!candidate.streaming()) return "not connected";
  return candidate.caught_up() ? "stands by" : "catching up";
}

std::string for_people(const control::ControllerState& state) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t since = std::chrono::system_clock::to_time_t(now - std::chrono::milliseconds(state.ruling_for_ms()));
  std::string text =
      fmt::format("Controller {}  epoch {}  since {:%Y-%m-%d %H:%M:%S} (for {})  metadata version {}\n\n", state.id(), state.epoch(),
                  fmt::localtime(since), for_how_long(state.ruling_for_ms()), std::max(state.metadata_version(), 1));
  std::vector<std::vector<std::string>> rows = {{"PLACE", "ID", "ROLES", "PRIORITY", "STATE", "FOLLOWS FOR", "CONTROL LISTENER", "KNOWS"}};
  for (int i = 0; i < state.queue_size(); ++i) {
    const control::CandidateState& each = state.queue(i);
    const control::Candidate& candidate = each.candidate();
    rows.push_back({std::to_string(i + 1), std::to_string(candidate.id()), candidate.dedicated() ? "controller" : "broker, controller",
                    std::to_string(candidate.priority()), standing_of(each), each.streaming() ? for_how_long(each.streaming_for_ms()) : "-",
                    fmt::format("{}:{}", candidate.control_host(), candidate.control_port()),
                    std::to_string(std::max(candidate.metadata_version(), 1))});
  }
  text += render_table(rows);
  if (!state.waits_for().empty()) text += "\n" + state.waits_for() + ".\n";
  if (state.queue_size() < 2) text += "\n! nobody stands by: with this controller the cluster loses its only one\n";
  return text;
}

std::string to_json(const control::ControllerState& state) {
  json queue = json::array();
  for (const control::CandidateState& each : state.queue()) {
    const control::Candidate& candidate = each.candidate();
    queue.push_back({{"id", candidate.id()},
                     {"incarnation", Uuid::from_bytes(candidate.incarnation()).to_string()},
                     {"broker", !candidate.dedicated()},
                     {"priority", candidate.priority()},
                     {"state", standing_of(each)},
                     {"caught_up", each.caught_up()},
                     {"follows_for_ms", each.streaming() ? json(each.streaming_for_ms()) : json(nullptr)},
                     {"control", fmt::format("{}:{}", candidate.control_host(), candidate.control_port())},
                     {"metadata_version", std::max(candidate.metadata_version(), 1)}});
  }
  const int64_t since = SystemClock().wall_ms() - state.ruling_for_ms();
  json whole = {{"controller", {{"id", state.id()}, {"epoch", state.epoch()}, {"since_ms", since}, {"for_ms", state.ruling_for_ms()}}},
                {"metadata_version", std::max(state.metadata_version(), 1)},
                {"queue", queue},
                {"waits_for", state.waits_for()}};
  return whole.dump(2);
}

int status(cluster::Cluster& cluster, bool as_json) {
  control::Request question;
  question.mutable_describe_controller();
  Result<control::Response> answer = cluster::ask_controller(cluster.description(), question, client::after(kStatusWithin));
  if (answer) {
    std::printf("%s\n", (as_json ? to_json(answer->controller()) : for_people(answer->controller())).c_str());
    return kOk;
  }
  const std::string why = cluster.state().why_uncontrolled();
  if (why.empty()) return complain(answer.error());
  if (as_json) {
    std::printf("%s\n", json{{"controller", nullptr}, {"queue", json::array()}, {"why", why}}.dump(2).c_str());
  } else {
    std::printf("No controller: %s.\n", why.c_str());
  }
  return kUnhealthy;
}

int transfer(cluster::Cluster& cluster, int to, bool as_json) {
  control::Request wish;
  wish.mutable_transfer_controller();
  if (to >= 0) wish.mutable_transfer_controller()->set_to(to);
  Result<control::Response> answer = cluster::ask_controller(cluster.description(), wish, client::after(kTransferWithin));
  if (!answer) return complain(answer.error());
  const control::ControllerTransferred& done = answer->transferred();
  if (as_json) {
    json whole = {{"controller", {{"id", done.id()}, {"epoch", done.epoch()}}}, {"already", done.already()}, {"took_us", done.took_us()}};
    std::printf("%s\n", whole.dump(2).c_str());
  } else if (done.already()) {
    std::printf("%d is the controller already, epoch %d.\n", done.id(), done.epoch());
  } else {
    std::printf("%d is the controller now, epoch %d; it took %.1f ms.\n", done.id(), done.epoch(),
                static_cast<double>(done.took_us()) / 1000);
  }
  return kOk;
}

}  // namespace

void add_controller(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("controller", "Who rules the cluster, and who could");
  command->require_subcommand(1);
  auto as_json = std::make_shared<bool>(false);
  CLI::App* show =
      add_command(*command, session, "status", "Show the controller and the queue of candidates; exit code 1 without a controller");
  show->add_flag("--json", *as_json, "For machines");
  show->callback([&session, as_json] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return status(cluster, *as_json); });
  });
  CLI::App* move = add_command(*command, session, "transfer", "Hand the controllership over to another candidate, in good order");
  auto to = std::make_shared<int>(-1);
  move->add_option("--to", *to, "The candidate's id; the best that stands by unless given")->check(CLI::NonNegativeNumber);
  move->add_flag("--json", *as_json, "For machines");
  move->callback([&session, as_json, to] {
    session.exit_code = with_cluster(session, [&](cluster::Cluster& cluster) { return transfer(cluster, *to, *as_json); });
  });
}

}  // namespace baton::commands
