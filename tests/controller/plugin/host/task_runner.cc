// A second host of the plugin, which has nothing to do with Kafka: a runner of tasks, of which each must run on exactly one
// machine at a time. A partition is a task; its leader runs it, under the lease; its other replicas stand by. Built on
// baton.h and control.proto alone, against libbaton.so, to show that the waist holds.
//
//   task_runner ID ZOOKEEPER [NAME:TASKS:REPLICAS]     the last creates a set of tasks, as soon as there are enough runners
//
// Says on standard output, a line each: registered, lead, follow, delete, stop, fatal, and `ran NAME-TASK epoch E at T` for
// each run, T being nanoseconds of CLOCK_BOOTTIME. Ends in good order on SIGTERM.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "controller/messages/control.pb.h"
#include "controller/plugin/baton.h"
#include "controller/plugin/properties.h"

namespace {

namespace property = baton::property;
namespace control = baton::control;

std::atomic<bool> asked_to_end{false};

int64_t boottime_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class TaskRunner {
 public:
  // What the manager says, on its event thread.
  void on_event(const control::Event& event) {
    if (event.has_registered()) say("registered epoch " + std::to_string(event.registered().broker_epoch()));
    if (event.has_roles()) take(event.roles());
    if (event.has_stop()) {
      {
        const std::lock_guard lock(mutex_);
        led_.clear();
      }
      say("stop " + event.stop().reason());
      baton_stopped(manager);
    }
    if (event.has_response() && event.response().topics().topics_size() > 0) {
      const int error = event.response().topics().topics(0).error();
      created_ = error == 0 || error == 36;  // TOPIC_ALREADY_EXISTS
    }
  }

  void create(const std::string& name, int tasks, int replicas) {
    if (created_ || --until_next_try_ > 0) return;
    until_next_try_ = 20;
    control::Request request;
    request.set_correlation(++correlation_);
    control::NewTopic* topic = request.mutable_create_topics()->add_topics();
    topic->set_name(name);
    topic->set_partitions(tasks);
    topic->set_replication_factor(replicas);
    const std::string bytes = request.SerializeAsString();
    baton_submit(manager, bytes.data(), bytes.size());
  }

  // Runs every task that is ours, once. The lease is read last, just before the run.
  void run() {
    const std::lock_guard lock(mutex_);
    for (const auto& [task, epoch] : led_) {
      const int64_t now = boottime_ns();
      if (now >= baton_lease_deadline_ns(manager)) continue;
      std::printf("ran %s epoch %d at %lld\n", task.c_str(), epoch, static_cast<long long>(now));
    }
    std::fflush(stdout);
  }

  void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  baton_manager* manager = nullptr;

 private:
  void take(const control::Roles& roles) {
    const std::lock_guard lock(mutex_);
    if (roles.complete()) led_.clear();
    for (const control::Role& role : roles.roles()) {
      const std::string key = role.topic_id() + std::to_string(role.state().index());
      if (!role.topic().empty()) names_[key] = role.topic() + "-" + std::to_string(role.state().index());
      const std::string& task = names_[key];
      static constexpr const char* kKinds[] = {"lead ", "follow ", "stop ", "delete "};
      say(kKinds[role.kind()] + task + " epoch " + std::to_string(role.state().leader_epoch()) + " at " + std::to_string(boottime_ns()));
      if (role.kind() == control::Role::LEAD) {
        led_[task] = role.state().leader_epoch();
      } else {
        led_.erase(task);
      }
    }
  }

  std::mutex mutex_;
  std::map<std::string, int> led_;            // leader epoch by task
  std::map<std::string, std::string> names_;  // by topic id and index
  std::atomic<bool> created_{false};
  uint64_t correlation_ = 0;
  int until_next_try_ = 0;
};

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

int open(TaskRunner& runner, const std::string& id, const std::string& zookeeper) {
  // Any 22 characters of base64 name a directory; this host keeps nothing, so its id is its directory.
  const std::string directory = "directory-of-runner--" + id.substr(id.size() - 1);
  const std::vector<std::pair<std::string, std::string>> given = {
      {"broker.id", id},
      {"zookeeper.connect", zookeeper},
      {"listeners", "TASKS://127.0.0.1:1"},
      {"listener.security.protocol.map", "TASKS:PLAINTEXT"},
      {property::kDataDirectory, directory},
      {property::kBootId, boot_id()},
      {property::kLockInode, id + "1"},
      {property::kLocalFileSystem, "true"},
  };
  std::vector<baton_property> properties;
  for (const auto& [key, value] : given) properties.push_back({key.c_str(), value.c_str()});
  baton_host host{};
  host.abi_version = BATON_ABI_VERSION;
  host.context = &runner;
  host.on_event = [](void* context, const void* bytes, size_t size) {
    control::Event event;
    if (event.ParseFromArray(bytes, static_cast<int>(size))) static_cast<TaskRunner*>(context)->on_event(event);
  };
  host.on_fatal = [](void* context, const char* message) {
    static_cast<TaskRunner*>(context)->say(std::string("fatal ") + message);
    asked_to_end = true;
  };
  char error[512] = "";
  const int opened = baton_open(properties.data(), properties.size(), &host, &runner.manager, error, sizeof error);
  if (opened != BATON_OK) std::fprintf(stderr, "%s\n", error);
  return opened;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::string name;
  int tasks = 0;
  int replicas = 0;
  if (argc > 3) {
    const std::string wish = argv[3];
    const size_t first = wish.find(':');
    const size_t second = wish.find(':', first + 1);
    name = wish.substr(0, first);
    tasks = std::atoi(wish.c_str() + first + 1);
    replicas = std::atoi(wish.c_str() + second + 1);
  }
  std::signal(SIGTERM, [](int) { asked_to_end = true; });
  TaskRunner runner;
  if (open(runner, argv[1], argv[2]) != BATON_OK) return 1;
  while (!asked_to_end) {
    if (!name.empty()) runner.create(name, tasks, replicas);
    runner.run();
    usleep(10'000);
  }
  baton_close(runner.manager);
  return 0;
}
