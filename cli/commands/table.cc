#include "cli/commands/table.h"

#include <algorithm>

namespace baton::commands {

std::string render_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

std::string broker_table(const cluster::ClusterState& state) {
  std::vector<std::vector<std::string>> rows = {{"ID", "ADDRESS", "PID", "STATE", "ROLE"}};
  for (const cluster::BrokerState& broker : state.brokers) {
    size_t leads =
        static_cast<size_t>(std::count_if(state.partitions.begin(), state.partitions.end(),
                                          [&](const cluster::PartitionState& partition) { return partition.leader == broker.id; }));
    std::string role = broker.id == state.controller_id ? "controller" : "broker";
    if (leads > 0) role += ", leads " + std::to_string(leads);
    if (!broker.maintenance.empty()) role += ", " + broker.maintenance;
    rows.push_back({std::to_string(broker.id), broker.address, broker.pid > 0 ? std::to_string(broker.pid) : "-", broker.state, role});
  }
  for (const cluster::ControllerState& controller : state.controllers) {
    rows.push_back({std::to_string(controller.id), controller.address, controller.pid > 0 ? std::to_string(controller.pid) : "-",
                    controller.state, "controller alone"});
  }
  return render_table(rows);
}

std::string join(const std::vector<int>& ids) {
  std::string text;
  for (int id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text.empty() ? "none" : text;
}

}  // namespace baton::commands
