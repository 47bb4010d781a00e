#include "cli/cluster/failovers.h"

#include <fmt/format.h>

#include <ctime>
#include <map>
#include <nlohmann/json.hpp>

namespace baton::cluster {
namespace {

using Moment = control::FailoverMoment;

std::string date(int64_t wall_us) {
  const std::time_t seconds = wall_us / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec, wall_us / 1000 % 1000);
}

bool is_death(const control::FailoverRecord& record) {
  return record.kind() == control::FailoverRecord::BROKER_DEATH;
}

std::string what(const control::FailoverRecord& record) {
  const std::string id = std::to_string(record.broker_id());
  return is_death(record) ? "broker " + id + " died" : "controller " + id + " elected";
}

std::string how(const control::FailoverRecord& record) {
  if (is_death(record) || record.former_controller() < 0) return record.cause();
  return fmt::format("{} of controller {}", record.cause(), record.former_controller());
}

const char* name(Moment::Stage stage) {
  switch (stage) {
    case Moment::DETECTED:
      return "detected";
    case Moment::DECIDED:
      return "decided";
    case Moment::TOMBSTONE_CONFIRMED:
      return "tombstone confirmed";
    case Moment::PAGES_CONFIRMED:
      return "pages confirmed";
    case Moment::PUSHED:
      return "pushed";
    case Moment::APPLIED:
      return "applied";
    case Moment::ACKNOWLEDGED:
      return "first acknowledgement";
    case Moment::REMOVED_CONFIRMED:
      return "mark confirmed";
    case Moment::NOMINATED:
      return "nominated";
    case Moment::CLAIM_CONFIRMED:
      return "claim confirmed";
    case Moment::LOADED:
      return "store loaded";
    case Moment::FOLLOWED:
      return "followed";
    case Moment::INHERITED:
      return "another controller goes on";
    default:
      return "a stage that this command does not know";
  }
}

bool by_a_broker(Moment::Stage stage) {
  return stage == Moment::APPLIED || stage == Moment::ACKNOWLEDGED || stage == Moment::FOLLOWED;
}

double ms(int64_t us) {
  return static_cast<double>(us) / 1000;
}

int32_t led_anew(const control::FailoverRecord& record) {
  int32_t count = 0;
  for (const control::LedBy& each : record.new_leaders()) count += each.partitions();
  return count;
}

// The short words of the table: of what several brokers do, the last, save that the first acknowledgement counts.
std::string stages_in_short(const control::FailoverRecord& record) {
  struct Short {
    Moment::Stage stage;
    const char* word;
    bool first;
  };
  static constexpr Short kDeath[] = {{Moment::DECIDED, "decided", true},        {Moment::TOMBSTONE_CONFIRMED, "tombstone", true},
                                     {Moment::PAGES_CONFIRMED, "pages", false}, {Moment::APPLIED, "applied", false},
                                     {Moment::ACKNOWLEDGED, "first ack", true}, {Moment::REMOVED_CONFIRMED, "mark", true}};
  static constexpr Short kElection[] = {{Moment::NOMINATED, "nominated", true},
                                        {Moment::CLAIM_CONFIRMED, "claimed", true},
                                        {Moment::LOADED, "loaded", true},
                                        {Moment::FOLLOWED, "followed", false}};
  std::string text;
  const auto add = [&](const Short& each) {
    int64_t at = -1;
    for (const control::FailoverMoment& moment : record.moments()) {
      if (moment.stage() == each.stage && (at < 0 || !each.first)) at = moment.after_us();
    }
    if (at >= 0) text += fmt::format("{}{} {:.1f}", text.empty() ? "" : ", ", each.word, ms(at));
  };
  for (const Short& each : kDeath) {
    if (is_death(record)) add(each);
  }
  for (const Short& each : kElection) {
    if (!is_death(record)) add(each);
  }
  return text;
}

std::string partitions_in_short(const control::FailoverRecord& record) {
  if (!is_death(record)) return "";
  std::string text = std::to_string(led_anew(record)) + " led anew";
  if (record.leaderless() > 0) text += fmt::format(", {} without a leader", record.leaderless());
  return text;
}

}  // namespace

std::vector<std::string> failover_columns() {
  return {"ID", "WHEN (UTC)", "WHAT", "HOW", "MS AFTER ITS DETECTION", "PARTITIONS"};
}

std::vector<std::string> failover_row(const control::FailoverRecord& record) {
  return {std::to_string(record.id()), date(record.detected_wall_us()), what(record), how(record),
          stages_in_short(record),     partitions_in_short(record)};
}

std::string failover_timeline(const control::FailoverRecord& record) {
  std::string text = fmt::format("{}: {}, known by {}, detected {} UTC by controller {} (epoch {})\n", record.id(), what(record),
                                 how(record), date(record.detected_wall_us()), record.controller_id(), record.controller_epoch());
  int64_t before = 0;
  for (const control::FailoverMoment& moment : record.moments()) {
    text += fmt::format("{:>12.2f} ms  {:>+10.2f}  {}", ms(moment.after_us()), ms(moment.after_us() - before), name(moment.stage()));
    if (by_a_broker(moment.stage())) text += fmt::format(" by broker {}", moment.broker_id());
    if (moment.controller_epoch() != 0) text += fmt::format(" (controller epoch {})", moment.controller_epoch());
    text += "\n";
    before = moment.after_us();
  }
  if (!is_death(record)) return text;
  text += fmt::format("  {} partitions have a new leader", led_anew(record));
  std::string by;
  for (const control::LedBy& each : record.new_leaders()) {
    by += fmt::format("{}broker {}: {}", by.empty() ? "" : ", ", each.broker_id(), each.partitions());
  }
  if (!by.empty()) text += " (" + by + ")";
  return text + fmt::format(", {} found nobody who may lead them\n", record.leaderless());
}

std::string failover_json(const control::FailoverRecord& record) {
  using nlohmann::json;
  json stages = json::array();
  for (const control::FailoverMoment& moment : record.moments()) {
    std::string stage = Moment::Stage_Name(moment.stage());
    for (char& letter : stage) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    json each = {{"stage", stage}, {"after_ms", ms(moment.after_us())}};
    if (by_a_broker(moment.stage())) each["broker"] = moment.broker_id();
    if (moment.controller_epoch() != 0) each["controller_epoch"] = moment.controller_epoch();
    stages.push_back(std::move(each));
  }
  json object = {{"id", record.id()},
                 {"kind", is_death(record) ? "broker-death" : "controller-election"},
                 {"broker", record.broker_id()},
                 {"cause", record.cause()},
                 {"controller", {{"id", record.controller_id()}, {"epoch", record.controller_epoch()}}},
                 {"detected", date(record.detected_wall_us())},
                 {"detected_us", record.detected_wall_us()},
                 {"stages", std::move(stages)}};
  if (!is_death(record)) {
    object["former_controller"] = record.former_controller() < 0 ? json() : json(record.former_controller());
    return object.dump();
  }
  object["leaderless"] = record.leaderless();
  object["new_leaders"] = json::object();
  for (const control::LedBy& each : record.new_leaders()) object["new_leaders"][std::to_string(each.broker_id())] = each.partitions();
  return object.dump();
}

}  // namespace baton::cluster
