// Tables for people: columns as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

#include "cli/cluster/status.h"

namespace baton::commands {

std::string render_table(const std::vector<std::vector<std::string>>& rows);
// id, address, pid, role of each process; of a controller alone the address is that of its control listener.
std::string broker_table(const cluster::ClusterState& state);
// "1,2,3"; "none" when empty.
std::string join(const std::vector<int>& ids);

}  // namespace baton::commands
