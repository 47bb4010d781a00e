#include "tests/support/zookeeper_ensemble.h"

namespace baton::support {

ZooKeeperEnsemble::ZooKeeperEnsemble(int servers) {
  // Limits in ticks: a server that is dead is noticed by its closed connections, and one that is only slow is not to be left.
  std::string more = "initLimit=100\nsyncLimit=50\n";
  for (int id = 1; id <= servers; ++id) {
    more += "server." + std::to_string(id) + "=127.0.0.1:" + std::to_string(free_port_to_come_back_on()) + ":" +
            std::to_string(free_port_to_come_back_on()) + "\n";
  }
  for (int id = 1; id <= servers; ++id) {
    ZooKeeperServer::Options options;
    options.port = free_port_to_come_back_on();
    options.id = id;
    options.more = more;
    servers_.push_back(std::make_unique<ZooKeeperServer>(options));
  }
  for (auto& each : servers_) each->begin();
  for (auto& each : servers_) each->wait_until_it_serves();
}

int ZooKeeperEnsemble::leader() const {
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i]->mode() == "leader") return static_cast<int>(i);
  }
  return -1;
}

std::string ZooKeeperEnsemble::connect_string() const {
  std::string text;
  for (const auto& each : servers_) text += (text.empty() ? "" : ",") + each->connect_string();
  return text;
}

}  // namespace baton::support
