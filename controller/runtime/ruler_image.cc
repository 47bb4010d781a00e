// What the controller tells everybody: the image at a stream's start, and every confirmed change of it (R7).
#include <algorithm>

#include "base/logging.h"
#include "base/mutants.h"
#include "controller/agent/pieces.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"
#include "controller/runtime/ruler.h"

namespace baton::node {

control::Delta& Ruler::begin_delta(control::Frame& frame) {
  control::Delta& delta = *frame.mutable_delta();
  delta.set_controller_epoch(config_.epoch.value());
  delta.set_controller_id(config_.self.value());
  delta.set_cluster_id(config_.cluster_id);
  delta.set_offset(++delta_offset_);
  return delta;
}

void Ruler::add_version(int32_t page, control::Delta& delta) const {
  control::PageVersion& version = *delta.add_pages();
  version.set_page(page);
  version.set_mzxid(door_.page_versions().at(page));
  const PageNature& nature = door_.nature(page);
  version.set_plain(nature.plain && !controller_.leftovers());
  version.set_partitions(nature.partitions);
}

void Ruler::publish(const decision::Publish& publication) {
  control::Frame frame;
  control::Delta& delta = begin_delta(frame);
  if (!publication.partitions.empty() || !publication.rows.empty()) recorder_.told(delta_offset_);
  for (const decision::TopicRecord& topic : publication.topics) *delta.add_topics() = to_image(topic);
  for (TopicId removed : publication.removed_topics) {
    control::Topic& topic = *delta.add_topics();
    topic.set_topic_id(std::string(removed.raw()));
    topic.set_removed(true);
  }
  std::set<int32_t> pages;
  agent::Pieces pieces(delta, by_columns());
  for (const decision::PartitionRecord& record : publication.partitions) {
    const int32_t page = controller_.pages().page_of(record.key);
    pieces.add(record, std::max(page, 0));
    if (page >= 0) pages.insert(pages.end(), page);
  }
  for (const decision::RowChange& row : publication.rows) {
    pieces.add(controller_.pages(), row.key, row.after);
    if (pages.empty() || *pages.rbegin() != row.after.page) pages.insert(row.after.page);
  }
  for (BrokerId id : publication.brokers) *delta.add_brokers() = broker_message(id);
  for (const decision::LeaderChange& change : publication.changes) *delta.add_leader_changes() = change_message(change);
  leaders_.add(delta);
  if (publication.broker_configs) *delta.mutable_broker_configs() = to_message(*publication.broker_configs);
  for (int32_t page : pages) add_version(page, delta);
  if (publication.metadata_version != 0) {
    log::info("the cluster's metadata is at version {} from now on", publication.metadata_version);
    delta.set_metadata_version(publication.metadata_version);
  }
  broadcast(std::move(frame));
}

bool Ruler::by_columns() const {
  return controller_.level().value() >= kMetadataColumns || BATON_MUTANT(forms_above_the_level);
}

void Ruler::broadcast(control::Frame frame) {
  // Who registered in the last moment before the level rose, and knows less, is told of the level, which ends it, and of nothing more.
  const int32_t level = frame.delta().metadata_version() == 0 ? controller_.level().value() : kMetadataSingles;
  const auto shared = std::make_shared<const control::Frame>(std::move(frame));
  for (const auto& [id, stream] : streams_) {
    if (stream.open && stream.metadata_version >= level) out_->push_back(Send{id, shared});
  }
}

control::LeaderChange Ruler::change_message(const decision::LeaderChange& change) const {
  control::LeaderChange message;
  message.set_topic_id(std::string(change.key.topic.raw()));
  message.set_partition(change.key.index);
  message.set_leader_epoch(change.epoch.value());
  message.set_leader(change.leader.value());
  message.set_former(change.former.value());
  message.set_cause(change.cause);
  message.set_wall_ms((now_ + config_.wall_offset).ns / 1'000'000);
  message.set_controller_epoch(config_.epoch.value());
  return message;
}

control::Broker Ruler::broker_message(BrokerId id) const {
  control::Broker broker;
  broker.set_id(id.value());
  auto reading = brokers_.brokers().find(id);
  if (reading != brokers_.brokers().end()) {
    const control::Registration& record = reading->second.record;
    *broker.mutable_endpoints() = record.endpoints();
    broker.set_metadata_version(metadata_version_of(record.metadata_version()));
    broker.set_rack(record.rack());
    broker.set_control_host(record.control_host());
    broker.set_control_port(record.control_port());
  }
  if (const decision::Registration* registration = controller_.members().registration(id)) {
    broker.set_incarnation(std::string(registration->incarnation.raw()));
    broker.set_epoch(registration->epoch.value());
  }
  broker.set_live(controller_.members().live(id));
  broker.set_ready(controller_.members().ready(id));
  broker.set_streaming(controller_.members().streaming(id));
  const auto& orders = controller_.orders().brokers;
  if (auto order = orders.find(id); order != orders.end()) broker.set_maintenance(static_cast<control::Maintenance>(order->second));
  return broker;
}

// R7: pages that the receiver has as they stand are not said again. What it was told of such a page is all of it that may be seen: a
// page's version is told with the last change of it, and a topic's entry is written, told, or lost together with its pages.
control::Delta Ruler::snapshot(const control::StreamHello& hello) const {
  control::Delta delta;
  delta.set_snapshot(true);
  delta.set_controller_epoch(config_.epoch.value());
  delta.set_controller_id(config_.self.value());
  delta.set_cluster_id(config_.cluster_id);
  delta.set_offset(delta_offset_);
  delta.set_metadata_version(controller_.level().value());
  const std::map<int32_t, int64_t>& versions = door_.page_versions();
  std::set<int32_t> kept;
  for (const control::PageVersion& page : hello.pages()) {
    auto stored = versions.find(page.page());
    const bool same = stored != versions.end() && stored->second != 0 && stored->second == page.mzxid();
    if (same && by_columns()) kept.insert(page.page());
  }
  delta.mutable_kept_pages()->Assign(kept.begin(), kept.end());
  for (const auto& [name, topic] : controller_.topics()) {
    if (!topic.deleting) *delta.add_topics() = to_image(topic);
  }
  const decision::PageTable& table = controller_.pages();
  agent::Pieces pieces(delta, by_columns());
  int32_t looked_up = -1;  // neighbours share a page
  bool known = false;
  const auto tell = [&](const decision::PartitionKey& key, const decision::PageTable::Slot& slot) {
    if (slot.page != looked_up) known = kept.contains(looked_up = slot.page);
    if (!known && controller_.visible(key)) pieces.add(table, key, slot);
  };
  // As after most changes of the controller there is nothing to tell, of a million partitions and to everybody.
  bool all_known = true;
  table.each_page([&](int32_t page) { all_known = all_known && kept.contains(page); });
  if (!all_known) table.each(tell);
  for (BrokerId id : controller_.members().ids()) *delta.add_brokers() = broker_message(id);
  *delta.mutable_broker_configs() = to_message(controller_.broker_configs());
  delta.set_has_candidates(true);
  for (const control::Candidate& candidate : brokers_.candidates()) *delta.add_candidates() = candidate;
  leaders_.tell(delta, decision::Publish::kChangesMax);
  for (const auto& [page, mzxid] : versions) add_version(page, delta);
  return delta;
}

// After they have been told, so that nobody takes a page for known whose partitions it has not heard of.
void Ruler::date_pages() {
  for (std::vector<int32_t>& pages : door_.take_undated()) {
    store::Get question{paths::page(pages.front()), false};
    ask(std::move(question), [this, pages = std::move(pages)](const store::Reply& reply) {
      if (!reply.ok() || !door_.date(pages, reply.stat)) return;
      control::Frame frame;
      control::Delta& delta = begin_delta(frame);
      for (const int32_t page : pages) add_version(page, delta);
      broadcast(std::move(frame));
    });
  }
}

}  // namespace baton::node
