// What any node answers of itself, whether it rules or not, and how it sends those away who take it for the controller.
//
// Pure functions of what the node knows.
#pragma once

#include "controller/agent/agent.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

// Nothing yet but which question it answers, and the highest controller epoch that this node has heard of.
control::Response answer_to(const control::Request& request, const agent::Agent& agent);

// Of a partition's leaders, as far back as this node remembers. UNKNOWN_TOPIC_OR_PARTITION.
control::Response history_answer(const control::Request& request, const agent::Agent& agent);

// NOT_CONTROLLER: an operator learns who rules by QueryStatus, which any node answers; a broker by /controller.
control::Response not_controller(const control::Request& request, const agent::Agent& agent);
control::StreamHelloReply not_controller(const agent::Agent& agent);

// INVALID_REQUEST, to another candidate's elector, with the reason.
control::Response not_heard(const control::Request& request, std::string why);

}  // namespace baton::node
