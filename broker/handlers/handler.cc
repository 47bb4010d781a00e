#include "broker/handlers/handler.h"

#include "base/assert.h"
#include "broker/handlers/group_handlers.h"
#include "broker/handlers/handlers.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/alter_partition_reassignments.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/create_partitions.h"
#include "broker/protocol/messages/create_topics.h"
#include "broker/protocol/messages/delete_topics.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/elect_leaders.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/incremental_alter_configs.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/list_partition_reassignments.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "broker/protocol/messages/produce.h"
#include "broker/shards/shard_set.h"

namespace baton {

void HandlerTable::add(HandlerEntry entry) {
  bool added = entries_.emplace(entry.api.key, entry).second;
  BATON_ASSERT(added);
}

const HandlerEntry* HandlerTable::find(int16_t api_key) const {
  auto found = entries_.find(api_key);
  return found == entries_.end() ? nullptr : &found->second;
}

HandlerTable all_handlers() {
  HandlerTable table;
  table.add(handler<&handle_alter_configs>());
  table.add(handler<&handle_alter_partition_reassignments>());
  table.add(handler<&handle_api_versions>());
  table.add(handler<&handle_create_partitions>());
  table.add(handler<&handle_create_topics>());
  table.add(handler<&handle_delete_topics>());
  table.add(handler<&handle_describe_cluster>());
  table.add(handler<&handle_describe_configs>());
  table.add(handler<&handle_describe_log_dirs>());
  table.add(handler<&handle_elect_leaders>());
  table.add(handler<&handle_fetch>());
  table.add(handler<&handle_incremental_alter_configs>());
  table.add(handler<&handle_init_producer_id>());
  table.add(handler<&handle_list_offsets>());
  table.add(handler<&handle_list_partition_reassignments>());
  table.add(handler<&handle_metadata>());
  table.add(handler<&handle_offset_for_leader_epoch>());
  table.add(handler<&handle_produce>());
  add_group_handlers(table);
  return table;
}

const ImagePtr& Services::image() const {
  return shards.here().image();
}

bool Services::is_leader(const TopicPartition& partition) const {
  auto* topic = image()->topic(partition.topic);
  auto* state = topic == nullptr ? nullptr : topic->partition(partition.index);
  return state != nullptr && state->leader == config.id;
}

}  // namespace baton
