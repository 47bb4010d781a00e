// Brokers without logs, or controllers, for measurements of scale; bench/scale/run drives it. One process may hold several stubs; one
// that is to be killed has one of its own, so that the kernel ends it as it ends any.
//
//   bench-scale-node ZOOKEEPER DIRECTORY broker|controller FIRST LAST [KEY=VALUE…]
//
// Commands come on standard input, a line each, and whatever happens is told on standard output, a line each, with nanoseconds of
// CLOCK_BOOTTIME:
//   create CORRELATION FIRST COUNT BROKERS PER_TOPIC   partitions FIRST to FIRST + COUNT - 1 of the layout, as topics
//   topic CORRELATION NAME PARTITIONS REPLICAS         one topic, placed by the controller
//   expect VICTIM PARTITIONS BROKERS                   -> applied ID CHANGED NS LEADERLESS, by each stub
//   after EPOCH                                        -> follows ID PARTITIONS NS EPOCH
//   partitions COUNT                                   -> known ID PARTITIONS NS EPOCH
//   created NAME PARTITIONS                            -> appeared ID NS, when a stub knows them all
//   restore                                            -> restored ID NS
//   status                                             -> stage …, status …
//   store                                              -> store ID NS, the time with multis under way
//   quit
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <span>
#include <sstream>

#include "bench/scale/assignment.h"
#include "bench/scale/stub.h"

namespace {

using namespace baton;
using namespace baton::scale;

constexpr int kReplicas = 3;

control::Request creation(uint64_t correlation, int first, int count, const Layout& layout) {
  control::Request request;
  request.set_correlation(correlation);
  for (int partition = first; partition < first + count; ++partition) {
    auto& topics = *request.mutable_create_topics();
    if (partition % layout.per_topic == 0 || partition == first) {
      control::NewTopic& topic = *topics.add_topics();
      topic.set_name(fmt::format("scale-{:06}", partition / layout.per_topic));
    }
    control::NewTopic& topic = *topics.mutable_topics(topics.topics_size() - 1);
    control::Assignment& assignment = *topic.add_assignments();
    assignment.set_partition(topic.assignments_size() - 1);
    topic.set_partitions(topic.assignments_size());
    for (const int id : layout.replicas_of(partition)) assignment.add_replicas(id);
  }
  return request;
}

void obey(const std::string& line, std::vector<std::unique_ptr<Stub>>& stubs) {
  std::istringstream words(line);
  std::string command;
  words >> command;
  if (command == "create") {
    uint64_t correlation = 0;
    int first = 0, count = 0;
    Layout layout;
    words >> correlation >> first >> count >> layout.brokers >> layout.per_topic;
    layout.replicas = kReplicas;
    stubs.front()->submit(creation(correlation, first, count, layout));
  } else if (command == "topic") {
    control::Request request;
    uint64_t correlation = 0;
    control::NewTopic topic;
    std::string name;
    int partitions = 0, replicas = 0;
    words >> correlation >> name >> partitions >> replicas;
    request.set_correlation(correlation);
    topic.set_name(name);
    topic.set_partitions(partitions);
    topic.set_replication_factor(replicas);
    *request.mutable_create_topics()->add_topics() = topic;
    stubs.front()->submit(std::move(request));
  } else if (command == "expect") {
    int victim = 0, partitions = 0;
    Layout layout;
    words >> victim >> partitions >> layout.brokers;
    layout.replicas = kReplicas;
    const int count = layout.held_by(victim, partitions);
    for (auto& stub : stubs) stub->expect(victim, count);
    say(fmt::format("expecting {} {}", victim, count));
  } else if (command == "after") {
    int epoch = 0;
    words >> epoch;
    for (auto& stub : stubs) stub->expect_controller_after(epoch);
  } else if (command == "partitions") {
    int count = 0;
    words >> count;
    for (auto& stub : stubs) stub->expect_partitions(count);
  } else if (command == "created") {
    std::string name;
    int count = 0;
    words >> name >> count;
    for (auto& stub : stubs) stub->expect_topic(name, count);
  } else if (command == "restore") {
    for (auto& stub : stubs) stub->restore();
  } else if (command == "store") {
    for (auto& stub : stubs) stub->tell_store_time();
  } else if (command == "status") {
    control::Request request;
    request.set_correlation(1);
    request.mutable_query_status()->set_summary(true);
    stubs.front()->submit(std::move(request));
  } else {
    say("what? " + line);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::cerr << "bench-scale-node ZOOKEEPER DIRECTORY broker|controller FIRST LAST [KEY=VALUE…]\n";
    return 2;
  }
  std::map<std::string, std::string> settings;
  for (const std::string word : std::span(argv, static_cast<size_t>(argc)).subspan(6)) {
    settings[word.substr(0, word.find('='))] = word.substr(std::min(word.size(), word.find('=') + 1));
  }
  std::vector<std::unique_ptr<Stub>> stubs;
  for (int id = std::atoi(argv[4]); id <= std::atoi(argv[5]); ++id) {
    auto stub = Stub::open({id, argv[1], std::string(argv[3]) == "controller", fmt::format("{}/{}", argv[2], id), settings});
    if (!stub) {
      std::cerr << stub.error().message << "\n";
      return 1;
    }
    stubs.push_back(std::move(*stub));
  }
  say("ready");
  for (std::string line; std::getline(std::cin, line) && line != "quit";) obey(line, stubs);
  for (auto& stub : stubs) stub->close();
}
