// OffsetForLeaderEpoch: where an epoch ended in the leader's log, for clients that look whether their position survived.
#include "broker/protocol/messages/offset_for_leader_epoch.h"

#include "broker/handlers/gather.h"
#include "broker/handlers/handlers.h"

namespace baton {

void handle_offset_for_leader_epoch(Services& services, CallPtr call, protocol::OffsetForLeaderEpochRequest request) {
  auto response = std::make_shared<protocol::OffsetForLeaderEpochResponse>();
  auto asked = std::make_shared<const protocol::OffsetForLeaderEpochRequest>(std::move(request));
  std::vector<PartitionTask> tasks;
  for (size_t t = 0; t < asked->topics.size(); ++t) {
    auto& topic = asked->topics[t];
    auto* known = services.image()->topic(topic.topic);
    auto& out = response->topics.emplace_back();
    out.topic = topic.topic;
    out.partitions.resize(topic.partitions.size());
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
      out.partitions[i].partition = topic.partitions[i].partition;
      if (known == nullptr || known->partition(topic.partitions[i].partition) == nullptr) {
        out.partitions[i].error_code = ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      TopicPartition partition{known->id, topic.partitions[i].partition};
      tasks.push_back({partition, [asked, response, partition, t, i](Shard& shard) {
                         auto& wanted = asked->topics[t].partitions[i];
                         auto& filled = response->topics[t].partitions[i];
                         auto outcome = shard.end_offset_for_epoch(partition, wanted.leader_epoch, wanted.current_leader_epoch);
                         filled.error_code = outcome.error;
                         filled.leader_epoch = outcome.end.epoch;
                         filled.end_offset = outcome.end.end_offset;
                       }});
    }
  }
  gather(services, call->home_shard(), std::move(tasks), [call, response] { call->answer(*response); });
}

}  // namespace baton
