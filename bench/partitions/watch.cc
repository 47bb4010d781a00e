#include "bench/partitions/watch.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "base/clock.h"
#include "broker/protocol/messages/list_offsets.h"
#include "cli/client/kafka_client.h"

namespace baton::bench {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr int64_t kEnd = -1;
// A broker that is being watched has something else to do, too.
constexpr std::chrono::milliseconds kBetweenLooks(2);

bool passed(client::Deadline deadline) {
  return std::chrono::steady_clock::now() >= deadline;
}

Result<View> ask(client::KafkaClient& client, const std::string& topic, client::Deadline deadline) {
  MetadataRequest request;
  request.topics.emplace().emplace_back().name = topic;
  request.allow_auto_topic_creation = false;
  auto answer = client.call<MetadataRequest, MetadataResponse>(7, request, deadline);
  if (!answer) return tl::unexpected(answer.error());
  View view;
  view.brokers = std::move(answer->brokers);
  if (!answer->topics.empty()) view.partitions = std::move(answer->topics.front().partitions);
  return view;
}

// One broker, until its view is as wanted or somebody else's was enough. 0: it was not.
int64_t watch(const client::Address& broker, const std::string& topic, const std::function<bool(const Partitions&)>& wanted,
              const std::atomic<bool>& enough, client::Deadline deadline) {
  while (!passed(deadline) && !enough) {
    auto client = client::KafkaClient::open({broker}, deadline);
    while (client && !passed(deadline) && !enough) {
      const auto view = ask(*client, topic, deadline);
      const int64_t now = boottime_ns();
      if (!view) break;
      if (wanted(view->partitions)) return now;
      std::this_thread::sleep_for(kBetweenLooks);
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return 0;
}

std::vector<int64_t> watch_all(const std::vector<client::Address>& brokers, const std::string& topic,
                               const std::function<bool(const Partitions&)>& wanted, bool one_is_enough, client::Deadline deadline) {
  std::vector<int64_t> seen(brokers.size());
  std::atomic<bool> enough{false};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < brokers.size(); ++i) {
    threads.emplace_back([&, i] {
      seen[i] = watch(brokers[i], topic, wanted, enough, deadline);
      if (seen[i] != 0 && one_is_enough) enough = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return seen;
}

// What is left of the questions to one leader, those that it answers for being struck off.
bool answers_for_all(client::KafkaClient& client, ListOffsetsRequest& left, client::Deadline deadline) {
  auto answer = client.call<ListOffsetsRequest, ListOffsetsResponse>(4, left, deadline);
  if (!answer) return false;
  std::vector<ListOffsetsRequest::Partition> again;
  for (const auto& topic : answer->topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code == ErrorCode::kNone) continue;
      auto& asked = again.emplace_back();
      asked.partition_index = partition.partition_index;
      asked.timestamp = kEnd;
    }
  }
  left.topics.front().partitions = std::move(again);
  return left.topics.front().partitions.empty();
}

int64_t serves(const client::Address& leader, ListOffsetsRequest left, client::Deadline deadline) {
  while (!passed(deadline)) {
    auto client = client::KafkaClient::open({leader}, deadline);
    while (client && !passed(deadline)) {
      const size_t before = left.topics.front().partitions.size();
      if (answers_for_all(*client, left, deadline)) return boottime_ns();
      if (left.topics.front().partitions.size() == before) std::this_thread::sleep_for(kBetweenLooks);
    }
  }
  return 0;
}

}  // namespace

int64_t boottime_ns() {
  return SystemClock().now().ns;
}

Result<View> view_of(const client::Address& broker, const std::string& topic, client::Deadline deadline) {
  auto client = client::KafkaClient::open({broker}, deadline);
  if (!client) return tl::unexpected(client.error());
  return ask(*client, topic, deadline);
}

Result<int64_t> when_all_show(const std::vector<client::Address>& brokers, const std::string& topic,
                              const std::function<bool(const Partitions&)>& wanted, client::Deadline deadline) {
  const std::vector<int64_t> seen = watch_all(brokers, topic, wanted, false, deadline);
  if (std::find(seen.begin(), seen.end(), 0) != seen.end()) return fail(ErrorCode::kRequestTimedOut, "not every broker came to show it");
  return *std::max_element(seen.begin(), seen.end());
}

Result<int64_t> when_one_shows(const std::vector<client::Address>& brokers, const std::string& topic,
                               const std::function<bool(const Partitions&)>& wanted, client::Deadline deadline) {
  int64_t first = 0;
  for (int64_t at : watch_all(brokers, topic, wanted, true, deadline)) {
    if (at != 0 && (first == 0 || at < first)) first = at;
  }
  if (first == 0) return fail(ErrorCode::kRequestTimedOut, "no broker came to show it");
  return first;
}

Result<int64_t> when_all_serve(const View& view, const std::string& topic, client::Deadline deadline) {
  std::map<BrokerId, ListOffsetsRequest> questions;
  for (const auto& partition : view.partitions) {
    ListOffsetsRequest& request = questions[partition.leader_id];
    if (request.topics.empty()) request.topics.emplace_back().name = topic;
    auto& asked = request.topics.front().partitions.emplace_back();
    asked.partition_index = partition.partition_index;
    asked.timestamp = kEnd;
  }
  std::vector<int64_t> done(view.brokers.size(), 0);
  std::vector<std::thread> threads;
  size_t leaders = 0;
  for (size_t i = 0; i < view.brokers.size(); ++i) {
    const auto question = questions.find(view.brokers[i].node_id);
    if (question == questions.end()) continue;
    ++leaders;
    threads.emplace_back([&, i, question] { done[i] = serves({view.brokers[i].host, view.brokers[i].port}, question->second, deadline); });
  }
  for (std::thread& thread : threads) thread.join();
  const auto answered = static_cast<size_t>(std::count_if(done.begin(), done.end(), [](int64_t at) { return at != 0; }));
  if (leaders == 0 || answered != questions.size()) return fail(ErrorCode::kRequestTimedOut, "not every leader came to answer");
  return *std::max_element(done.begin(), done.end());
}

}  // namespace baton::bench
