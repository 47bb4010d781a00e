// Requests that the controller answers, asked again while there is none or it has just changed.
#pragma once

#include "broker/handlers/handler.h"

namespace baton {

namespace control {
class MutatingClient;
}

// `done` on the calling reactor, once: the controller's answer, or after `timeout` a response whose error is
// REQUEST_TIMED_OUT. A request whose answer was lost is repeated, so it may be carried out twice.
void ask_controller(Services& services, control::Request request, Duration timeout, Function<void(control::Response)> done);

ErrorCode error_of(const control::Response& response);

// A topic as it is asked for, beyond what the messages of one API say.
struct TopicWanted {
  std::string name;
  int32_t partitions = -1;  // -1: the broker's default
  int32_t replication_factor = -1;
  std::map<std::string, std::string> configs;
  std::vector<std::vector<BrokerId>> assignments;  // by partition index; empty: the controller places them
};
struct TopicCreated {
  std::string name;
  TopicId id;
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  int32_t partitions = -1;
  int32_t replication_factor = -1;
  int32_t throttle_ms = 0;  // of the whole request
};

// Creates the topics and waits until the calling reactor's image shows them; what is not there after `timeout` gets
// REQUEST_TIMED_OUT. In the order of `topics`. Nothing is validated here but by the controller.
// `client`: whose quota is used; null where a broker itself needs the topics.
void create_topics(Services& services, std::vector<TopicWanted> topics, bool validate_only, Duration timeout,
                   Function<void(std::vector<TopicCreated>)> done, const control::MutatingClient* client = nullptr);

// A topic that a client named without creating it: the broker's defaults, or for __consumer_offsets its own keys.
TopicWanted topic_by_default(const Settings& settings, const std::string& name);

}  // namespace baton
