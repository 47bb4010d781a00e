// The eyes of bench/partitions/run: it creates a topic of many partitions, and watches whom the brokers take for their leaders.
//
//   bench-partitions create BOOTSTRAP TOPIC COUNT    when it was asked for, answered, known to every broker, served by every leader
//   bench-partitions full   BOOTSTRAP TOPIC REPLICAS until every in-sync set is full
//   bench-partitions death  BOOTSTRAP TOPIC VICTIM   says `ready COUNT`, the number that the victim leads, then waits for its death
//
// Instants are nanoseconds of CLOCK_BOOTTIME. Errors go to standard error, with exit code 1.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/partitions/watch.h"
#include "cli/client/kafka_client.h"
#include "cli/client/topic_admin.h"

namespace baton::bench {
namespace {

constexpr std::chrono::minutes kPatience(10);

struct Task {
  std::string bootstrap;
  std::vector<client::Address> brokers;
  std::string topic;
  int number = 0;
  client::Deadline deadline = client::after(kPatience);
};

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return EXIT_FAILURE;
}

bool led(const Partitions& partitions, int count) {
  const auto leads = [](const auto& partition) { return partition.leader_id.value() >= 0; };
  return static_cast<int>(partitions.size()) == count && std::all_of(partitions.begin(), partitions.end(), leads);
}

// What every broker knows, and when every leader serves it.
Result<int64_t> served(const Task& task, const client::Address& by) {
  const auto view = view_of(by, task.topic, task.deadline);
  if (!view) return tl::unexpected(view.error());
  return when_all_serve(*view, task.topic, task.deadline);
}

int create(const Task& task) {
  const int64_t asked = boottime_ns();
  const Status made = client::create_topic(task.bootstrap, {task.topic, task.number, 3, {}, {}}, task.deadline);
  if (!made) return complain(made.error());
  const int64_t answered = boottime_ns();
  const auto known = when_all_show(
      task.brokers, task.topic, [&](const Partitions& all) { return led(all, task.number); }, task.deadline);
  if (!known) return complain(known.error());
  const auto serving = served(task, task.brokers.front());
  if (!serving) return complain(serving.error());
  fmt::print("{{\"asked\": {}, \"answered\": {}, \"known\": {}, \"serving\": {}}}\n", asked, answered, *known, std::max(*known, *serving));
  return EXIT_SUCCESS;
}

int full(const Task& task) {
  const auto wanted = [&](const Partitions& all) {
    return !all.empty() && std::all_of(all.begin(), all.end(), [&](const auto& partition) {
      return static_cast<int>(partition.isr_nodes.size()) == task.number && partition.leader_id.value() >= 0;
    });
  };
  const auto at = when_all_show(task.brokers, task.topic, wanted, task.deadline);
  return at ? EXIT_SUCCESS : complain(at.error());
}

int death(const Task& task) {
  const BrokerId victim(task.number);
  const auto of_victim = [&](const auto& partition) { return partition.leader_id == victim; };
  const auto before = view_of(task.brokers.front(), task.topic, task.deadline);
  if (!before) return complain(before.error());
  const auto count = std::count_if(before->partitions.begin(), before->partitions.end(), of_victim);
  if (count == 0) return complain(Error{ErrorCode::kInvalidRequest, "the victim leads nothing"});
  std::vector<client::Address> survivors;
  for (const auto& broker : before->brokers) {
    if (broker.node_id != victim) survivors.push_back({broker.host, broker.port});
  }
  fmt::print("ready {}\n", count);
  std::fflush(stdout);
  const auto moved = [&](const Partitions& all) { return !all.empty() && std::count_if(all.begin(), all.end(), of_victim) < count; };
  const auto first = when_one_shows(survivors, task.topic, moved, task.deadline);
  if (!first) return complain(first.error());
  const auto size = static_cast<int>(before->partitions.size());
  const auto all_moved = [&](const Partitions& all) { return led(all, size) && std::none_of(all.begin(), all.end(), of_victim); };
  const auto known = when_all_show(survivors, task.topic, all_moved, task.deadline);
  if (!known) return complain(known.error());
  const auto serving = served(task, survivors.front());
  if (!serving) return complain(serving.error());
  fmt::print("{{\"first\": {}, \"known\": {}, \"serving\": {}}}\n", *first, *known, std::max(*known, *serving));
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
  using namespace baton;
  if (argc != 5)
    return bench::complain(Error{ErrorCode::kInvalidRequest, "usage: bench-partitions create|full|death BOOTSTRAP TOPIC NUMBER"});
  auto brokers = client::KafkaClient::parse_bootstrap(argv[2]);
  if (!brokers) return bench::complain(brokers.error());
  const bench::Task task{argv[2], *brokers, argv[3], std::atoi(argv[4])};
  const std::string what = argv[1];
  if (what == "create") return bench::create(task);
  if (what == "full") return bench::full(task);
  if (what == "death") return bench::death(task);
  return bench::complain(Error{ErrorCode::kInvalidRequest, "there is no " + what});
}
