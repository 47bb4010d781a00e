#include "controller/agent/status.h"

#include "controller/agent/partition_form.h"

namespace baton::agent {

void describe(const Image& image, bool summary, control::Status& status) {
  status.set_cluster_id(image.cluster_id());
  status.set_controller_id(image.controller_id().value());
  status.set_controller_epoch(image.controller_epoch().value());
  if (image.known()) status.set_metadata_version(image.metadata_version());
  for (const auto& [id, broker] : image.brokers()) *status.add_brokers() = broker;
  for (const control::Candidate& candidate : image.candidates()) *status.add_candidates() = candidate;
  if (summary) return;
  for (const auto& [id, topic] : image.topics()) {
    control::Topic* to = status.add_topics();
    to->set_name(topic.name);
    to->set_topic_id(std::string(id.raw()));
    to->set_min_insync_replicas(topic.min_insync_replicas);
    for (const auto& [name, value] : topic.configs) (*to->mutable_configs())[name] = value;
    for (const decision::PageTable::Entry& entry : image.partitions().of_topic(id)) {
      control::PartitionOf* partition = status.add_partitions();
      partition->set_topic_id(std::string(id.raw()));
      *partition->mutable_state() = to_message(entry.record);
    }
  }
}

}  // namespace baton::agent
