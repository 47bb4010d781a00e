#include "broker/protocol/messages/offset_fetch.h"

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

using Request = protocol::OffsetFetchRequest;
using Response = protocol::OffsetFetchResponse;
using Wanted = std::optional<std::vector<Request::Topic>>;

Response::Partition answered(int32_t index, const groups::CommittedOffset& offset) {
  Response::Partition partition;
  partition.partition_index = PartitionIndex(index);
  partition.committed_offset = offset.offset;
  partition.committed_leader_epoch = LeaderEpoch(offset.leader_epoch);
  partition.metadata = offset.metadata;
  return partition;
}

std::vector<Response::Topic> all_of(const groups::Offsets& offsets) {
  std::vector<Response::Topic> topics;
  for (const auto& [at, offset] : offsets) {
    if (topics.empty() || topics.back().name != at.topic) topics.push_back({at.topic, {}});
    topics.back().partitions.push_back(answered(at.partition, offset));
  }
  return topics;
}

std::vector<Response::Topic> those_of(const groups::Offsets& offsets, const std::vector<Request::Topic>& wanted, ErrorCode error) {
  std::vector<Response::Topic> topics;
  for (const auto& topic : wanted) {
    auto& named = topics.emplace_back(Response::Topic{topic.name, {}});
    for (const PartitionIndex index : topic.partition_indexes) {
      const auto found = offsets.find({topic.name, index.value()});
      auto& partition =
          named.partitions.emplace_back(answered(index.value(), found == offsets.end() ? groups::CommittedOffset{} : found->second));
      partition.error_code = error;
    }
  }
  return topics;
}

Response::Group group_of(const std::string& name, const Wanted& wanted, groups::GroupHost* host) {
  Response::Group group;
  group.group_id = name;
  groups::Offsets offsets;
  if (host == nullptr) {
    group.error_code = ErrorCode::kNotCoordinator;
  } else if (auto found = host->coordinator().offsets_of(name)) {
    offsets = std::move(*found);
  } else {
    group.error_code = found.error().code;
  }
  // The error is said of each partition too: version 1 has no other place for it.
  group.topics = wanted ? those_of(offsets, *wanted, group.error_code) : all_of(offsets);
  return group;
}

}  // namespace

void handle_offset_fetch(Services& services, CallPtr call, Request request) {
  std::vector<Request::Group> wanted = std::move(request.groups);
  const bool single = call->version() < 8;
  if (single) wanted.assign(1, {std::move(request.group_id), std::move(request.topics)});
  const auto gather = std::make_shared<groups::Gather<Response::Group>>(wanted.size(), [call, single](std::vector<Response::Group> found) {
    Response response;
    if (single) {
      response.topics = std::move(found.at(0).topics);
      response.error_code = found.at(0).error_code;
    } else {
      response.groups = std::move(found);
    }
    call->answer(response);
  });
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string name = wanted[i].group_id;
    groups::with_coordinator(services, name, [gather, i, name, topics = std::move(wanted[i].topics)](groups::GroupHost* host) {
      gather->set(i, group_of(name, topics, host));
    });
  }
}

}  // namespace baton
