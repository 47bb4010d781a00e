// What a node measures of itself, for metrics: the names are those of the broker's table (docs/metrics.md), which a test compares.
// Plain.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/latency_summary.h"
#include "controller/agent/agent.h"
#include "controller/decision/controller.h"
#include "controller/messages/control.pb.h"
#include "controller/runtime/flight_recorder.h"

namespace baton::node {

using MeasurementLabels = std::vector<std::pair<std::string, std::string>>;

void measure(control::Measurements& out, const std::string& name, double value, const MeasurementLabels& labels = {});
void measure(control::Measurements& out, const std::string& name, Instant now, const LatencySummary& summary);

// Every broker's.
void measure(control::Measurements& out, Instant now, const agent::Agent& agent);
// The controller's; null on every other node, which shows zeros.
void measure(control::Measurements& out, const decision::Controller* controller, const FlightRecorder* recorder);

}  // namespace baton::node
