#include "tests/support/network_lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/support/command.h"
#include "tests/support/wait.h"

namespace baton::support {
namespace {

constexpr char kInside[] = "BATON_TEST_NETWORK_NAMESPACE";
constexpr char kAdvice[] =
    "These tests make a network of their own in a network namespace. Be root, or allow user namespaces: as root run "
    "`sysctl -w user.max_user_namespaces=10000` (and `sysctl -w kernel.unprivileged_userns_clone=1` where there is such a key); "
    "a container needs --privileged, or a seccomp profile that allows unshare. The packages nftables and iproute2 must be there.";

[[noreturn]] void give_up(const std::string& what) {
  std::cerr << "The network of the test can not be made: " << what << "\n" << kAdvice << std::endl;
  abort();
}

std::string words(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) text += (text.empty() ? "" : " ") + word;
  return text;
}

void run(const std::vector<std::string>& argv, const std::string& output) {
  ChildProcess process = ChildProcess::start(argv, output);
  auto exit = process.wait(std::chrono::seconds(30));
  if (!exit || exit->code != 0 || exit->signal != 0) give_up("`" + words(argv) + "` failed: " + text_of(output));
}

// Root needs no user namespace, and may have none: within a chroot the kernel refuses them.
const std::vector<std::vector<std::string>> kWaysIn = {{"unshare", "--net", "--"}, {"unshare", "--map-root-user", "--net", "--"}};

// Tried by itself first: once this process has become another program, nobody is left to say what went wrong.
bool works(const std::vector<std::string>& way) {
  pid_t trial = fork();
  if (trial == 0) {
    std::vector<char*> arguments;
    for (const std::string& word : way) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(const_cast<char*>("true"));
    arguments.push_back(nullptr);
    if (freopen("/dev/null", "w", stderr) != nullptr) execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  waitpid(trial, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Which network namespace a process is in.
ino_t network_of(const std::string& process) {
  struct stat status {};
  return stat(("/proc/" + process + "/ns/net").c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

void NetworkLab::enter(char** argv) {
  if (getenv(kInside) != nullptr) return;
  const std::vector<std::string>* way = nullptr;
  for (const auto& each : kWaysIn) {
    if (way == nullptr && works(each)) way = &each;
  }
  if (way == nullptr) give_up("neither `unshare --net` nor `unshare --map-root-user --net` works here");
  setenv(kInside, "1", 1);
  static char self[4096];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) give_up("/proc is not there");
  std::vector<char*> arguments;
  for (const std::string& word : *way) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(self);
  for (char** argument = argv + 1; *argument != nullptr; ++argument) arguments.push_back(*argument);
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  give_up(std::string("unshare: ") + strerror(errno));
}

NetworkLab::NetworkLab() {
  if (getenv(kInside) == nullptr) give_up("NetworkLab::enter was not called");
  run({"ip", "link", "set", "lo", "up"}, dir_ / "log");
  std::ofstream forwarding("/proc/sys/net/ipv4/ip_forward");
  forwarding << "1\n";
  forwarding.close();
  if (!forwarding) give_up("packets can not be forwarded");
  apply();
}

int NetworkLab::add_host() {
  int host = static_cast<int>(holders_.size());
  std::string log = dir_ / "log";
  holders_.push_back(ChildProcess::start({"unshare", "--net", "--", "sleep", "infinity"}, log));
  std::string pid = std::to_string(holders_.back().pid());
  if (!wait_for(std::chrono::seconds(30), [&] { return network_of(pid) != 0 && network_of(pid) != network_of("self"); })) {
    give_up("a host's namespace does not come: " + text_of(log));
  }
  std::string link = "host" + std::to_string(host), router = "10.77." + std::to_string(host) + ".1";
  // The kernel takes a former lab's namespaces down when it finds the time; its end of the link may still be here.
  ChildProcess::start({"ip", "link", "delete", link}, log).wait(std::chrono::seconds(30));
  run({"ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", pid}, log);
  run({"ip", "address", "add", router + "/24", "dev", link}, log);
  run({"ip", "link", "set", link, "up"}, log);
  auto inside = [&](std::vector<std::string> command) {
    std::vector<std::string> whole = launcher(host);
    whole.insert(whole.end(), command.begin(), command.end());
    run(whole, log);
  };
  inside({"ip", "link", "set", "lo", "up"});
  inside({"ip", "address", "add", address(host) + "/24", "dev", "eth0"});
  inside({"ip", "link", "set", "eth0", "up"});
  inside({"ip", "route", "add", "default", "via", router});
  return host;
}

std::string NetworkLab::address(int host) const {
  return "10.77." + std::to_string(host) + ".2";
}

std::vector<std::string> NetworkLab::launcher(int host) const {
  return {"nsenter", "--target", std::to_string(holders_[static_cast<size_t>(host)].pid()), "--net", "--"};
}

void NetworkLab::forbid(int a, int b, const std::string& verdict) {
  for (auto [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    rules_.push_back("ip saddr " + address(from) + " ip daddr " + address(to) + " ip protocol tcp counter " + verdict);
  }
  apply();
}

void NetworkLab::drop_one_way(int from, int to) {
  rules_.push_back("ip saddr " + address(from) + " ip daddr " + address(to) + " counter drop");
  apply();
}

void NetworkLab::heal() {
  rules_.clear();
  apply();
}

void NetworkLab::apply() {
  std::ofstream file(dir_ / "rules", std::ios::trunc);
  // One transaction: there is no moment between the old rules and the new.
  file << "table inet lab\ndelete table inet lab\ntable inet lab {\n  chain between_hosts {\n"
       << "    type filter hook forward priority 0; policy accept;\n";
  for (const std::string& rule : rules_) file << "    " << rule << "\n";
  file << "  }\n}\n";
  file.close();
  run({"nft", "-f", dir_ / "rules"}, dir_ / "log");
}

long NetworkLab::stopped() const {
  std::string listing = dir_ / "listing";
  std::ofstream(listing, std::ios::trunc).close();
  run({"nft", "list", "table", "inet", "lab"}, listing);
  std::istringstream text(text_of(listing));
  long packets = 0, count = 0;
  for (std::string word; text >> word;) {
    if (word == "packets" && text >> count) packets += count;
  }
  return packets;
}

}  // namespace baton::support
