#include "controller/runtime/measurements.h"

#include <cctype>

namespace baton::node {
namespace {

const std::string kController = "kafka_controller_kafkacontroller_";

std::string lower_case(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

void measure_stages(control::Measurements& out, const FlightRecorder& recorder) {
  for (const StageFigures& figures : recorder.figures()) {
    const bool death = figures.kind == control::FailoverRecord::BROKER_DEATH;
    const std::string name = death ? "baton_failover_stage_seconds" : "baton_election_stage_seconds";
    const std::pair<std::string, std::string> stage{"stage", lower_case(control::FailoverMoment::Stage_Name(figures.stage))};
    for (const auto& [quantile, text] : {std::pair{0.5, "0.5"}, {0.99, "0.99"}, {1.0, "1"}}) {
      const auto at = static_cast<size_t>(quantile * static_cast<double>(figures.kept_us.size() - 1));
      measure(out, name, static_cast<double>(figures.kept_us[at]) / 1e6, {stage, {"quantile", text}});
      if (death && figures.stage == control::FailoverMoment::PAGES_CONFIRMED) {
        measure(out, "kafka_controller_controllerstats_leaderelectionrateandtimems", static_cast<double>(figures.kept_us[at]) / 1e3,
                {{"quantile", text}});
      }
    }
    measure(out, name + "_sum", static_cast<double>(figures.sum_us) / 1e6, {stage});
    measure(out, name + "_count", static_cast<double>(figures.count), {stage});
  }
}

}  // namespace

void measure(control::Measurements& out, const std::string& name, double value, const MeasurementLabels& labels) {
  control::Measurement& measurement = *out.add_measurements();
  measurement.set_name(name);
  measurement.set_value(value);
  for (const auto& [label, text] : labels) {
    control::MeasurementLabel& added = *measurement.add_labels();
    added.set_name(label);
    added.set_value(text);
  }
}

void measure(control::Measurements& out, const std::string& name, Instant now, const LatencySummary& summary) {
  for (const auto& [quantile, text] : {std::pair{0.5, "0.5"}, {0.99, "0.99"}, {0.999, "0.999"}}) {
    measure(out, name, summary.quantile_ms(now, quantile), {{"quantile", text}});
  }
  measure(out, name + "_sum", summary.sum_ms());
  measure(out, name + "_count", static_cast<double>(summary.count()));
}

void measure(control::Measurements& out, Instant now, const agent::Agent& agent) {
  const agent::Health health = agent.health(now);
  measure(out, "baton_controller_epoch", agent.highest_controller_epoch().value());
  measure(out, "baton_metadata_version", agent.image().metadata_version());
  measure(out, "baton_session_connected", health.connected);
  measure(out, "baton_registered", agent.registered().has_value());
  measure(out, "baton_ready", agent.ready());
  measure(out, "baton_control_stream_connected", health.follows);
  measure(out, "baton_lease_remaining_seconds", std::chrono::duration<double>(health.lease_remaining).count());
  measure(out, "baton_lease_renewals_total", static_cast<double>(health.lease_renewals));
  measure(out, "baton_fenced_requests_total", static_cast<double>(health.refused_stale), {{"reason", "stale_controller_epoch"}});
}

void measure(control::Measurements& out, const decision::Controller* controller, const FlightRecorder* recorder) {
  const bool rules = controller != nullptr;
  const auto gauge = [&](const char* name, auto value) { measure(out, kController + name, rules ? static_cast<double>(value) : 0); };
  int64_t electable = 0;
  int64_t known = 0;
  for (BrokerId id : rules ? controller->members().ids() : std::vector<BrokerId>()) {
    ++known;
    electable += controller->members().electable(id);
  }
  gauge("activecontrollercount", 1);
  gauge("offlinepartitionscount", rules ? controller->pages().leaderless() : 0);
  gauge("preferredreplicaimbalancecount", rules ? controller->pages().led_by_another() : 0);
  gauge("globaltopiccount", rules ? controller->topics().size() : 0);
  gauge("globalpartitioncount", rules ? controller->pages().entries().size() : 0);
  gauge("activebrokercount", electable);
  gauge("fencedbrokercount", known - electable);
  const SuccessionFigures moved = recorder == nullptr ? SuccessionFigures() : recorder->successions();
  measure(out, "kafka_controller_controllerstats_uncleanleaderelections_total", static_cast<double>(moved.unclean));
  measure(out, "kafka_controller_controllerstats_leaderelectionrateandtimems_count", static_cast<double>(moved.decisions));
  for (const auto kind : {control::FailoverRecord::BROKER_DEATH, control::FailoverRecord::CONTROLLER_ELECTION}) {
    const int64_t begun = recorder == nullptr ? 0 : recorder->begun(kind);
    measure(out, "baton_failovers_total", static_cast<double>(begun), {{"kind", lower_case(control::FailoverRecord::Kind_Name(kind))}});
  }
  if (recorder != nullptr) measure_stages(out, *recorder);
}

}  // namespace baton::node
