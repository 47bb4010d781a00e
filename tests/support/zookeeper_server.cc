#include "tests/support/zookeeper_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/support/wait.h"

namespace baton::support {
namespace {

constexpr char kClassPath[] = "/etc/zookeeper/conf_example:/usr/share/java/*";

// ZooKeeper's "four letter words": a plain question on the client port, answered and closed.
std::string ask(const std::string& host, int port, const std::string& word) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  timeval limit{.tv_sec = 1, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  address.sin_port = htons(static_cast<uint16_t>(port));
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, word.data(), word.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(word.size())) {
    char buffer[1024];
    for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return answer;
}

}  // namespace

ZooKeeperServer::ZooKeeperServer(Options options) : options_(options), port_(options.port != 0 ? options.port : free_port()) {
  std::ofstream file(dir_ / "zoo.cfg");
  file << "dataDir=" << dir_ / "data"
       << "\nclientPort=" << port_ << "\nclientPortAddress=" << options_.address << "\n"
       << "tickTime=" << options_.tick.count() << "\nminSessionTimeout=" << options_.min_session_timeout.count()
       << "\nmaxSessionTimeout=" << options_.max_session_timeout.count() << "\nadmin.enableServer=false\n"
       << "4lw.commands.whitelist=srvr\nmaxClientCnxns=0\n"
       << options_.more;
  std::filesystem::create_directories(dir_ / "data");
  if (options_.id != 0) std::ofstream(dir_ / "data/myid") << options_.id << "\n";
}

void ZooKeeperServer::start() {
  begin();
  wait_until_it_serves();
}

void ZooKeeperServer::begin() {
  // A small heap and the quick compiler alone: it starts in about a second. No fsync: what a killed process wrote is in
  // the page cache, and no test here pulls the plug.
  std::vector<std::string> server{"java",
                                  "-Xmx" + std::to_string(options_.heap_mb) + "m",
                                  "-XX:+UseSerialGC",
                                  "-XX:TieredStopAtLevel=1",
                                  "-Dzookeeper.forceSync=no",
                                  "-Dzookeeper.preAllocSize=512",
                                  "-cp",
                                  kClassPath,
                                  "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                                  dir_ / "zoo.cfg"};
  std::vector<std::string> command = options_.launcher;
  command.insert(command.end(), server.begin(), server.end());
  process_ = ChildProcess::start(command, dir_ / "zookeeper.log");
}

void ZooKeeperServer::wait_until_it_serves() {
  if (wait_for(std::chrono::seconds(60), [this] { return !mode().empty() || !process_.running(); }) && process_.running()) return;
  std::cerr << "ZooKeeper did not start on port " << port_ << "; it says:\n" << std::ifstream(dir_ / "zookeeper.log").rdbuf() << std::endl;
  abort();
}

void ZooKeeperServer::stop() {
  process_.signal(SIGTERM);
  process_.wait(std::chrono::seconds(10));
  process_.kill();
}

void ZooKeeperServer::pause() {
  process_.signal(SIGSTOP);
}
void ZooKeeperServer::resume() {
  process_.signal(SIGCONT);
}

std::string ZooKeeperServer::connect_string() const {
  return options_.address + ":" + std::to_string(port_);
}

std::string ZooKeeperServer::mode() const {
  const std::string answer = ask(options_.address, port_, "srvr"), word = "Mode: ";
  const size_t at = answer.find(word);
  if (at == std::string::npos) return {};
  return answer.substr(at + word.size(), answer.find('\n', at) - at - word.size());
}

}  // namespace baton::support
