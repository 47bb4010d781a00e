#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cluster/cluster.h"
#include "cli/cluster/voters.h"

namespace baton::cluster {

std::map<std::string, std::string> broker_properties(const Directory& directory, const Description& description,
                                                     const BrokerEntry& broker) {
  int brokers = static_cast<int>(description.brokers.size());
  std::string zookeeper = description.zookeeper.connect;
  const bool controller = broker.id >= kFirstController;
  std::map<std::string, std::string> properties = {
      {"broker.id", std::to_string(broker.id)},
      {"control.listener", fmt::format("127.0.0.1:{}", broker.control_port)},
      {"metrics.listener", fmt::format("127.0.0.1:{}", broker.port + kMetricsPorts)},
      {"zookeeper.connect", zookeeper},
      {"log.dirs", (directory.broker(broker.id) / "data").string()},
      // What survival needs: a record acknowledged with acks=all is on two brokers at least, wherever there are two.
      {"default.replication.factor", std::to_string(std::min(3, brokers))},
      {"offsets.topic.replication.factor", std::to_string(std::min(3, brokers))},
      {"min.insync.replicas", std::to_string(std::min(2, brokers))},
      // Silence is bounded by 2 s: a session of 1 s, a lease of 600 ms and its drift.
      {"zookeeper.session.timeout.ms", "1000"},
      // A hang is a proven death within a third of a second, and a broker that crashed comes back.
      {"broker.supervised", "true"},
      // One person's cluster: nobody else is about to join a group.
      {"group.initial.rebalance.delay.ms", "0"},
  };
  if (!controller) properties["listeners"] = fmt::format("PLAINTEXT://127.0.0.1:{}", broker.port);
  const bool voting = !description.voters.empty();
  if (voting) properties["controller.quorum.voters"] = voters_text(description);
  // Where controllers stand beside them, brokers are no candidates; nor is one that was added to those that ask each other.
  if (!description.controllers.empty() || (voting && !is_voter(description, broker.id))) properties["process.roles"] = "broker";
  for (const auto& [key, value] : description.settings) properties[key] = value;
  if (!controller) return properties;
  // It has no metrics of its own yet.
  properties["process.roles"] = "controller";
  properties.erase("metrics.listener");
  return properties;
}

Status check_port_free(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int error = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  close(fd);
  if (error == 0) return {};
  return fail(
      ErrorCode::kInvalidConfig,
      fmt::format("port {} is {}: free it, or choose others with --port-base P (brokers from P on, "
                  "control listeners from P+{}, ZooKeeper P+{}, metrics from P+{}, controllers from P+{})",
                  port, error == EADDRINUSE ? "in use" : strerror(error), kControlPorts, kZooKeeperPort, kMetricsPorts, kControllerPorts));
}

std::filesystem::path broker_program() {
  if (const char* named = getenv("BATON_BROKER")) return named;
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "baton-broker";
}

}  // namespace baton::cluster
