#include "broker/protocol/messages/offset_commit.h"

#include "broker/handlers/group_handlers.h"

namespace baton {
namespace {

// A commit on its way: the response as far as it is known, and which of its partitions wait for the coordinator.
struct Committing {
  CallPtr call;
  protocol::OffsetCommitResponse response;
  groups::MemberIdentity who;
  std::vector<groups::OffsetToCommit> offsets;
  std::vector<std::pair<size_t, size_t>> slots;  // (topic, partition) in the response, for each of `offsets`

  void answer(const std::function<ErrorCode(size_t)>& error_of) {
    for (size_t i = 0; i < slots.size(); ++i) response.topics[slots[i].first].partitions[slots[i].second].error_code = error_of(i);
    call->answer(response);
  }
};

Committing taken_apart(const Image& image, CallPtr call, protocol::OffsetCommitRequest& request) {
  Committing commit{.call = std::move(call), .response = {}, .who = {}, .offsets = {}, .slots = {}};
  commit.who = {std::move(request.group_id), request.generation_id_or_member_epoch, std::move(request.member_id),
                std::move(request.group_instance_id)};
  for (auto& topic : request.topics) {
    auto& answered = commit.response.topics.emplace_back();
    answered.name = topic.name;
    const TopicImage* known = image.topic(topic.name);
    for (auto& partition : topic.partitions) {
      auto& slot = answered.partitions.emplace_back();
      slot.partition_index = partition.partition_index;
      if (known == nullptr || known->partition(partition.partition_index) == nullptr) {
        slot.error_code = ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      commit.slots.emplace_back(commit.response.topics.size() - 1, answered.partitions.size() - 1);
      commit.offsets.push_back({{topic.name, partition.partition_index.value()},
                                partition.committed_offset,
                                partition.committed_leader_epoch.value(),
                                partition.committed_metadata.value_or(""),
                                request.retention_time_ms});
    }
  }
  return commit;
}

}  // namespace

void handle_offset_commit(Services& services, CallPtr call, protocol::OffsetCommitRequest request) {
  auto commit = std::make_shared<Committing>(taken_apart(*services.image(), std::move(call), request));
  if (commit->offsets.empty()) return commit->call->answer(commit->response);
  groups::with_coordinator(services, commit->who.group, [commit](groups::GroupHost* host) {
    if (host == nullptr) return commit->answer([](size_t) { return ErrorCode::kNotCoordinator; });
    const auto ticket = host->expect(
        [commit](auto reply) { commit->answer([&reply](size_t i) { return std::get<groups::CommitReply>(reply).errors.at(i); }); });
    host->carry_out(host->coordinator().commit(ticket, commit->who, commit->offsets, host->now()));
  });
}

}  // namespace baton
