// ListOffsets: each partition asked on its shard, one shard after the other.
#include "broker/protocol/messages/list_offsets.h"

#include "broker/handlers/gather.h"
#include "broker/handlers/handlers.h"

namespace baton {
namespace {

using Response = protocol::ListOffsetsResponse;

// Version 7 brought the greatest timestamp (-3); a client of an older version means nothing by it.
constexpr int16_t kMaxTimestampVersion = 7;

}  // namespace

void handle_list_offsets(Services& services, CallPtr call, protocol::ListOffsetsRequest request) {
  auto response = std::make_shared<Response>();
  auto asked = std::make_shared<const protocol::ListOffsetsRequest>(std::move(request));
  std::vector<PartitionTask> tasks;
  for (size_t t = 0; t < asked->topics.size(); ++t) {
    auto& topic = asked->topics[t];
    auto* known = services.image()->topic(topic.name);
    auto& out = response->topics.emplace_back();
    out.name = topic.name;
    out.partitions.resize(topic.partitions.size());
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
      out.partitions[i].partition_index = topic.partitions[i].partition_index;
      if (known == nullptr || known->partition(topic.partitions[i].partition_index) == nullptr) {
        out.partitions[i].error_code = ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      if (topic.partitions[i].timestamp == kMaxTimestamp && call->version() < kMaxTimestampVersion) {
        out.partitions[i].error_code = ErrorCode::kUnsupportedVersion;
        continue;
      }
      TopicPartition partition{known->id, topic.partitions[i].partition_index};
      tasks.push_back({partition, [asked, response, partition, t, i](Shard& shard) {
                         auto& wanted = asked->topics[t].partitions[i];
                         auto& filled = response->topics[t].partitions[i];
                         auto outcome = shard.offset_for_timestamp(partition, wanted.timestamp, wanted.current_leader_epoch);
                         filled.error_code = outcome.error;
                         filled.timestamp = outcome.timestamp;
                         filled.offset = outcome.offset;
                         filled.leader_epoch = outcome.leader_epoch;
                       }});
    }
  }
  gather(services, call->home_shard(), std::move(tasks), [call, response] { call->answer(*response); });
}

}  // namespace baton
