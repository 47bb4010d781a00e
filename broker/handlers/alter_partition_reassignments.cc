// Reassignments begin, and end, by KIP-455: replicas to have, or none to go back to what there was.
#include "broker/protocol/messages/alter_partition_reassignments.h"

#include <algorithm>

#include "broker/handlers/controller_request.h"
#include "broker/handlers/handlers.h"
#include "broker/shards/shard_set.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

using Request = protocol::AlterPartitionReassignmentsRequest;
using Response = protocol::AlterPartitionReassignmentsResponse;

control::Request question(const Request& request) {
  control::Request ask;
  auto* reassign = ask.mutable_reassign();
  for (auto& topic : request.topics) {
    for (auto& partition : topic.partitions) {
      auto* wanted = reassign->add_partitions();
      wanted->set_topic(topic.name);
      wanted->set_partition(partition.partition_index.value());
      wanted->set_cancel(!partition.replicas);
      if (!partition.replicas) continue;
      for (auto id : *partition.replicas) wanted->add_replicas(id.value());
    }
  }
  return ask;
}

// Whoever lists reassignments next, or asks for metadata, is told of it.
bool shows(const Image& image, const control::Reassignment& wanted, const control::MoveResult& result) {
  if (result.error() != 0) return true;
  auto* topic = image.topic(wanted.topic());
  auto* state = topic == nullptr ? nullptr : topic->partition(PartitionIndex(wanted.partition()));
  if (state == nullptr) return true;  // deleted meanwhile
  if (wanted.cancel()) return state->adding.empty();
  if (state->replicas.size() < static_cast<size_t>(wanted.replicas_size())) return false;
  return std::equal(wanted.replicas().begin(), wanted.replicas().end(), state->replicas.begin(),
                    [](int32_t id, BrokerId replica) { return replica == BrokerId(id); });
}

// The controller answers in the order of the question.
Response answer_of(const Request& request, const control::Response& answered) {
  Response response;
  response.error_code = error_of(answered);
  if (answered.error() != 0) {
    response.error_message = answered.message();
    return response;
  }
  int next = 0;
  for (auto& topic : request.topics) {
    auto& told = response.responses.emplace_back();
    told.name = topic.name;
    for (auto& partition : topic.partitions) {
      auto& result = told.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      if (next >= answered.move_leaders().partitions_size()) continue;
      const auto& each = answered.move_leaders().partitions(next++);
      result.error_code = static_cast<ErrorCode>(each.error());
      if (each.error() != 0) result.error_message = each.message();
    }
  }
  return response;
}

}  // namespace

void handle_alter_partition_reassignments(Services& services, CallPtr call, Request request) {
  Duration timeout = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  Instant until = services.clock.now() + timeout;
  auto ask = question(request);
  if (ask.reassign().partitions().empty()) return call->answer(Response{});
  auto asked = std::make_shared<const Request>(std::move(request));
  auto wanted = std::make_shared<const control::ReassignPartitions>(ask.reassign());
  ask_controller(services, std::move(ask), timeout, [&services, call, asked, wanted, until](const control::Response& answered) {
    auto response = std::make_shared<const Response>(answer_of(*asked, answered));
    if (answered.error() != 0) return call->answer(*response);
    auto there = [wanted, results = answered.move_leaders()](const Image& now) {
      for (int i = 0; i < std::min(wanted->partitions_size(), results.partitions_size()); ++i) {
        if (!shows(now, wanted->partitions(i), results.partitions(i))) return false;
      }
      return true;
    };
    Duration left = std::max(until - services.clock.now(), Duration(0));
    // Finished already, and another begun: nothing to wait for either.
    left = std::min(left, Duration(std::chrono::seconds(1)));
    services.shards.here().images().when(there, left, [call, response](bool) { call->answer(*response); });
  });
}

}  // namespace baton
