#include "tests/clients/librdkafka/cluster.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/child_process.h"

namespace baton::clients {
namespace {

constexpr int kBrokers = 3;
constexpr std::chrono::minutes kPatience{2};

bool port_is_free(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

// A base whose ports for brokers, control listeners (from +100 on), metrics (from +200 on) and ZooKeeper (+99) are free now.
int free_port_base() {
  for (int base = 20000 + getpid() % 5000; base < 60000; base += 211) {
    bool free = port_is_free(base + 99);
    for (int more : {0, 100, 200}) {
      for (int i = 0; i < kBrokers; ++i) free = free && port_is_free(base + more + i);
    }
    if (free) return base;
  }
  fprintf(stderr, "no free ports\n");
  abort();
}

std::unique_ptr<Cluster> the_cluster;

class Environment : public testing::Environment {
 public:
  // Without a cluster there is nothing to test: a fatal failure here keeps every test from running.
  void SetUp() override {
    the_cluster = std::make_unique<Cluster>();
    ASSERT_FALSE(the_cluster->bootstrap().empty());
  }
  void TearDown() override { the_cluster.reset(); }
};
const auto* const environment = testing::AddGlobalTestEnvironment(new Environment);

}  // namespace

Cluster& cluster() {
  return *the_cluster;
}

Cluster::Cluster() {
  auto up = baton({"up", "--brokers", std::to_string(kBrokers), "--port-base", std::to_string(free_port_base())});
  auto told = up ? baton({"status", "--json"}) : std::nullopt;
  if (!told) return;
  auto status = nlohmann::json::parse(*told);
  bootstrap_ = status["bootstrap"];
  id_ = status["cluster_id"];
  controller_ = status["controller"]["id"];
}

Cluster::~Cluster() {
  baton({"down", "--purge"});
}

void Cluster::create_topic(const std::string& name, int partitions) {
  baton({"topic", "create", name, "--partitions", std::to_string(partitions)});
}

std::optional<std::string> Cluster::baton(std::vector<std::string> arguments) {
  std::string output = directory_ / "output";
  std::ofstream(output, std::ios::trunc).close();
  arguments.insert(arguments.begin(), BATON_BINARY_DIR "/bin/baton-cli");
  for (const std::string& more : {std::string("--dir"), directory_ / "cluster"}) arguments.push_back(more);
  auto exit = support::ChildProcess::start(arguments, output).wait(kPatience);
  std::ifstream file(output);
  std::string said((std::istreambuf_iterator<char>(file)), {});
  if (exit && exit->code == 0 && exit->signal == 0) return said;
  ADD_FAILURE() << "baton " << arguments[1] << ": " << said;
  return std::nullopt;
}

}  // namespace baton::clients
