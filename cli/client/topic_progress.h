// How far a new topic has come: its leaders are known as soon as the controller has decided, but each has yet to make its log.
#pragma once

#include <string>

#include "cli/client/connection.h"

namespace baton::client {

struct TopicProgress {
  int partitions = 0;  // that the cluster knows of
  int serving = 0;     // whose leaders answer for them
};

Result<TopicProgress> topic_progress(const std::string& bootstrap, const std::string& topic, Deadline deadline);

}  // namespace baton::client
