// Creating and deleting topics, at the controller.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/client/connection.h"

namespace baton::client {

struct NewTopic {
  std::string name;
  int partitions = -1;                       // -1: the cluster's default
  int replication_factor = -1;               // likewise
  std::vector<std::vector<int>> assignment;  // replicas of each partition; then the two above stay -1
  std::map<std::string, std::string> configs;
};

// Both wait until the controller has done it. Errors: the broker's code and sentence.
Status create_topic(const std::string& bootstrap, const NewTopic& topic, Deadline deadline);
Status delete_topic(const std::string& bootstrap, const std::string& name, Deadline deadline);

}  // namespace baton::client
