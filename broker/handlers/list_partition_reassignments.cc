// The reassignments under way, from this broker's image: any broker can tell.
#include "broker/protocol/messages/list_partition_reassignments.h"

#include "broker/handlers/handlers.h"

namespace baton {
namespace {

using Request = protocol::ListPartitionReassignmentsRequest;
using Response = protocol::ListPartitionReassignmentsResponse;

void add(Response::Topic& topic, const PartitionImage* partition) {
  if (partition == nullptr || (partition->adding.empty() && partition->removing.empty())) return;
  topic.partitions.push_back({partition->index, partition->replicas, partition->adding, partition->removing});
}

}  // namespace

void handle_list_partition_reassignments(Services& services, CallPtr call, Request request) {
  Response response;
  auto image = services.image();
  auto keep = [&response](Response::Topic topic) {
    if (!topic.partitions.empty()) response.topics.push_back(std::move(topic));
  };
  if (request.topics) {
    for (auto& wanted : *request.topics) {
      const TopicImage* found = image->topic(wanted.name);
      if (found == nullptr) continue;
      Response::Topic topic{wanted.name, {}};
      for (auto index : wanted.partition_indexes) add(topic, found->partition(index));
      keep(std::move(topic));
    }
  } else {
    for (auto& [name, found] : image->topics()) {
      Response::Topic topic{name, {}};
      for (auto& partition : found->partitions) add(topic, &partition);
      keep(std::move(topic));
    }
  }
  call->answer(response);
}

}  // namespace baton
