#include "controller/runtime/node_answers.h"

#include <utility>

namespace baton::node {
namespace {

constexpr const char* kDoesNotRule = "this node does not rule";

}  // namespace

control::Response answer_to(const control::Request& request, const agent::Agent& agent) {
  control::Response response;
  response.set_correlation(request.correlation());
  response.set_controller_epoch(agent.highest_controller_epoch().value());
  return response;
}

control::Response history_answer(const control::Request& request, const agent::Agent& agent) {
  control::Response response = answer_to(request, agent);
  for (const auto& [id, topic] : agent.image().topics()) {
    if (topic.name != request.query_history().topic()) continue;
    *response.mutable_history() = agent.leader_history().of(std::string(id.raw()), request.query_history().partition());
  }
  if (response.has_history()) return response;
  response.set_error(static_cast<int32_t>(ErrorCode::kUnknownTopicOrPartition));
  response.set_message("there is no such topic");
  return response;
}

control::Response not_controller(const control::Request& request, const agent::Agent& agent) {
  control::Response response = answer_to(request, agent);
  response.set_error(static_cast<int32_t>(ErrorCode::kNotController));
  response.set_message(kDoesNotRule);
  return response;
}

control::StreamHelloReply not_controller(const agent::Agent& agent) {
  control::StreamHelloReply reply;
  reply.set_controller_epoch(agent.highest_controller_epoch().value());
  reply.set_controller_id(-1);
  reply.set_error(static_cast<int32_t>(ErrorCode::kNotController));
  reply.set_message(kDoesNotRule);
  return reply;
}

control::Response not_heard(const control::Request& request, std::string why) {
  control::Response response;
  response.set_correlation(request.correlation());
  response.set_error(static_cast<int32_t>(ErrorCode::kInvalidRequest));
  response.set_message(std::move(why));
  return response;
}

}  // namespace baton::node
