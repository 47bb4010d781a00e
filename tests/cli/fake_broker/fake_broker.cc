// A broker without substance, for tests of the commands: it takes its ports, answers QueryStatus with every broker of its
// directory whose control port answers (the lowest of them controls), and ends on SIGTERM. A property `baton.internal.fail`
// makes it end at once with that sentence.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include "base/bytes.h"
#include "base/properties.h"
#include "controller/messages/control.pb.h"

namespace {

using baton::Properties;
namespace control = baton::control;

int port_of(const Properties& properties, const std::string& key) {
  const std::string& text = properties.find(key)->second;
  return std::stoi(text.substr(text.rfind(':') + 1));
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 64) != 0) {
    std::cerr << "cannot listen on port " << port << std::endl;
    exit(1);
  }
  return fd;
}

bool answers(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  bool up = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return up;
}

void fill(control::Status& status, const std::filesystem::path& cluster, int own_id) {
  status.set_cluster_id("fake-cluster");
  status.set_node_id(own_id);
  status.set_controller_id(-1);
  status.set_controller_epoch(1);
  for (int id = 1; id < 10; ++id) {
    auto properties = baton::read_properties_file((cluster / ("broker-" + std::to_string(id)) / "broker.properties").string());
    if (!properties) continue;
    control::Broker& broker = *status.add_brokers();
    broker.set_id(id);
    broker.set_epoch(100 + id);
    bool live = id == own_id || answers(port_of(*properties, "control.listener"));
    broker.set_live(live);
    broker.set_ready(live);
    broker.set_streaming(live);
    if (live && status.controller_id() < 0) status.set_controller_id(id);
  }
}

void serve(int fd, const std::filesystem::path& cluster, int own_id) {
  char length[4];
  while (recv(fd, length, 4, MSG_WAITALL) == 4) {
    std::string body(baton::load_be<uint32_t>(length), '\0');
    if (recv(fd, body.data(), body.size(), MSG_WAITALL) != static_cast<ssize_t>(body.size())) break;
    control::Frame frame, reply;
    if (!frame.ParseFromString(body) || !frame.request().has_query_status()) break;
    reply.mutable_response()->set_correlation(frame.request().correlation());
    fill(*reply.mutable_response()->mutable_status(), cluster, own_id);
    std::string bytes = reply.SerializeAsString();
    baton::store_be(length, static_cast<uint32_t>(bytes.size()));
    bytes.insert(0, length, 4);
    if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) break;
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto properties = baton::read_properties_file(argv[1]);
  if (!properties) return 2;
  if (auto reason = properties->find("baton.internal.fail"); reason != properties->end()) {
    std::cerr << reason->second << std::endl;
    return 1;
  }
  int id = std::stoi(properties->find("broker.id")->second);
  listen_on(port_of(*properties, "listeners"));
  int control = listen_on(port_of(*properties, "control.listener"));
  std::filesystem::path cluster = std::filesystem::path(argv[1]).parent_path().parent_path();
  std::cerr << "broker " << id << " listens" << std::endl;
  for (;;) {
    int fd = accept4(control, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(serve, fd, cluster, id).detach();
  }
}
