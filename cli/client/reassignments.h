// How far the reassignments under way are, from what brokers say by Kafka's own requests: any of them knows which there are, and
// each of those that are involved how large its replicas are.
#pragma once

#include <string>
#include <vector>

#include "cli/client/connection.h"

namespace baton::client {

struct AddedReplica {
  int broker = -1;
  bool in_sync = false;
  int64_t bytes = -1;           // -1: it was not heard, or has no log yet
  int64_t records_behind = -1;  // likewise
};

struct Reassignment {
  std::string topic;
  int partition = -1;
  int leader = -1;
  std::vector<int> replicas;  // the union of what it had and what it gets
  std::vector<int> removing;
  std::vector<AddedReplica> adding;
  int64_t leader_bytes = -1;

  // That `replica` still has to fetch, as far as it is known; logs of unequal segments differ by some.
  int64_t bytes_left(const AddedReplica& replica) const;
};

// By topic and partition. A broker that does not answer costs a second and leaves its figures unknown.
Result<std::vector<Reassignment>> reassignments(const std::string& bootstrap, Deadline deadline);

}  // namespace baton::client
