#include "broker/protocol/messages/elect_leaders.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/handlers/controller_request.h"
#include "broker/handlers/handlers.h"
#include "broker/shards/shard_set.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

using Request = protocol::ElectLeadersRequest;
using Response = protocol::ElectLeadersResponse;

constexpr int8_t kPreferred = 0;
constexpr int8_t kUnclean = 1;

Response::Partition& add(Response& response, const std::string& topic, PartitionIndex partition) {
  auto& topics = response.replica_election_results;
  auto at = std::find_if(topics.begin(), topics.end(), [&](auto& each) { return each.topic == topic; });
  if (at == topics.end()) at = topics.insert(at, Response::Topic{topic, {}});
  auto& added = at->partition_result.emplace_back();
  added.partition_id = partition;
  return added;
}

// One answer for every partition that was named. Where all were meant nobody is named, and the answer's own code has to say it
// (a client of version 0 then sees no partition, and asks again).
void fail_all(Response& response, const Request& request, ErrorCode error, const std::string& message) {
  if (!request.topic_partitions) {
    response.error_code = error;
    return;
  }
  for (auto& topic : *request.topic_partitions) {
    for (auto partition : topic.partitions) {
      auto& result = add(response, topic.topic, partition);
      result.error_code = error;
      result.error_message = message;
    }
  }
}

control::Request question(const Request& request) {
  control::Request ask;
  auto* move = ask.mutable_move_leaders();
  move->set_kind(request.election_type == kUnclean ? control::MoveLeaders::UNCLEAN : control::MoveLeaders::PREFERRED);
  move->set_all(!request.topic_partitions);
  if (!request.topic_partitions) return ask;
  for (auto& topic : *request.topic_partitions) {
    for (auto partition : topic.partitions) {
      auto* named = move->add_partitions();
      named->set_topic(topic.topic);
      named->set_partition(partition.value());
    }
  }
  return ask;
}

bool shows(const Image& image, const control::MoveResult& result) {
  if (result.error() != 0) return true;
  auto* topic = image.topic(result.topic());
  auto* state = topic == nullptr ? nullptr : topic->partition(PartitionIndex(result.partition()));
  // Deleted meanwhile: there is nothing to wait for.
  return state == nullptr || state->leader_epoch >= LeaderEpoch(result.leader_epoch());
}

Response answer_of(const control::MoveResults& results) {
  Response response;
  for (auto& result : results.partitions()) {
    auto& partition = add(response, result.topic(), PartitionIndex(result.partition()));
    partition.error_code = static_cast<ErrorCode>(result.error());
    if (result.error() != 0) partition.error_message = result.message();
  }
  return response;
}

}  // namespace

// Whoever asks for metadata next, of this broker, is told the new leaders: the answer waits for this broker's image.
void handle_elect_leaders(Services& services, CallPtr call, Request request) {
  if (request.election_type != kPreferred && request.election_type != kUnclean) {
    Response refusal;
    refusal.error_code = ErrorCode::kInvalidRequest;
    fail_all(refusal, request, ErrorCode::kInvalidRequest,
             fmt::format("Unknown election type {}: 0 means preferred, 1 unclean.", request.election_type));
    return call->answer(refusal);
  }
  Duration timeout = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  Instant until = services.clock.now() + timeout;
  auto asked = std::make_shared<const Request>(std::move(request));
  ask_controller(services, question(*asked), timeout, [&services, call, asked, until](const control::Response& answered) {
    if (answered.error() != 0) {
      Response failed;
      fail_all(failed, *asked, error_of(answered), answered.message());
      return call->answer(failed);
    }
    auto results = std::make_shared<const control::MoveResults>(answered.move_leaders());
    auto there = [results](const Image& now) {
      return std::all_of(results->partitions().begin(), results->partitions().end(), [&](auto& each) { return shows(now, each); });
    };
    Duration left = std::max(until - services.clock.now(), Duration(0));
    services.shards.here().images().when(there, left, [call, results](bool) { call->answer(answer_of(*results)); });
  });
}

}  // namespace baton
