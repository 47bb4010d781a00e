#include "controller/agent/image.h"

#include <fmt/format.h>

#include <set>

#include "controller/agent/partition_form.h"

namespace baton::agent {

namespace {

TopicId topic_of(const std::string& raw) {
  return TopicId(Uuid::from_bytes(raw));
}

Status unknown_topic(const std::string& raw) {
  return fail(ErrorCode::kUnknownTopicId, fmt::format("a partition of topic {}, which is not known", topic_of(raw).to_string()));
}

}  // namespace

const TopicImage* Image::find(const TopicId& topic) const {
  const auto at = topics_.find(topic);
  return at == topics_.end() ? nullptr : &at->second;
}

std::optional<decision::PartitionRecord> Image::find(const TopicId& topic, PartitionIndex partition) const {
  auto held = partitions_.find({topic, partition.value()});
  if (!held) return std::nullopt;
  return std::move(held->record);
}

const control::Broker* Image::find(BrokerId broker) const {
  const auto at = brokers_.find(broker);
  return at == brokers_.end() ? nullptr : &at->second;
}

Status Image::check_forms(const control::Delta& delta) const {
  const bool columns = delta.pieces_size() > 0 || delta.kept_pages_size() > 0;
  const int32_t needed = std::max(delta.metadata_version(), columns ? kMetadataColumns : kMetadataSingles);
  if (needed <= known_forms_) return {};
  return fail(ErrorCode::kUnsupportedVersion, outdated_process(needed, known_forms_));
}

Status Image::check(const control::Delta& delta) const {
  if (Status status = check_forms(delta); !status) return status;
  const ControllerEpoch epoch(delta.controller_epoch());
  if (epoch < controller_epoch_) return fail(ErrorCode::kStaleControllerEpoch, "a delta of a deposed controller");
  if (!known_ && !delta.snapshot()) return fail(ErrorCode::kInvalidRequest, "a change before the first snapshot");
  if (!delta.snapshot() && epoch != controller_epoch_) {
    return fail(ErrorCode::kInvalidRequest, "a controller's first word is a snapshot: a change would count on another's numbering");
  }
  if (!delta.snapshot() && delta.offset() != offset_ + 1) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("delta {} follows {}", delta.offset(), offset_));
  }
  std::set<TopicId> named;
  for (const control::Topic& topic : delta.topics()) {
    if (topic_of(topic.topic_id()).is_none()) return fail(ErrorCode::kInvalidRequest, "a topic without an id");
    if (!topic.removed()) named.insert(topic_of(topic.topic_id()));
  }
  auto known = [&](const std::string& raw) {
    const TopicId topic = topic_of(raw);
    return named.contains(topic) || (!delta.snapshot() && find(topic) != nullptr);
  };
  for (const control::PartitionOf& partition : delta.partitions()) {
    if (!known(partition.topic_id())) return unknown_topic(partition.topic_id());
  }
  for (const control::PagePiece& piece : delta.pieces()) {
    if (!known(piece.topic_id())) return unknown_topic(piece.topic_id());
  }
  for (const int32_t page : delta.kept_pages()) {
    if (!pages_.contains(page)) return fail(ErrorCode::kInvalidRequest, fmt::format("page {} is to be kept, and is not here", page));
  }
  return check_partitions(delta);
}

Status Image::check_partitions(const control::Delta& delta) const {
  auto forwards = [this](const TopicId& topic, int32_t index, int32_t leader_epoch, int32_t partition_epoch) -> Status {
    const auto held = partitions_.epochs({topic, index});
    if (!held || (partition_epoch >= held->second.value() && leader_epoch >= held->first.value())) return {};
    return fail(ErrorCode::kInvalidUpdateVersion, fmt::format("partition {} of topic {} runs backwards", index, topic.to_string()));
  };
  for (const control::PartitionOf& partition : delta.partitions()) {
    const control::Partition& state = partition.state();
    if (Status status = forwards(topic_of(partition.topic_id()), state.index(), state.leader_epoch(), state.partition_epoch()); !status)
      return status;
  }
  for (const control::PagePiece& piece : delta.pieces()) {
    const TopicId topic = topic_of(piece.topic_id());
    control::ColumnsReader reader(piece.columns());
    for (control::PlainPartition plain; reader.next(plain);) {
      if (Status status = forwards(topic, plain.index, plain.leader_epoch, plain.partition_epoch); !status) return status;
    }
    if (!reader.good()) return fail(ErrorCode::kInvalidRequest, "columns of partitions that make no sense");
  }
  return {};
}

// R7: what lies on pages that are as the sender has them is kept, save what belongs to topics that are gone. Where that is all there is, as
// after most changes of the controller, nothing is copied: it may be a million partitions.
void Image::begin_anew(const control::Delta& snapshot) {
  std::map<int32_t, KnownPage> pages;
  for (const int32_t page : snapshot.kept_pages()) pages[page] = pages_.at(page);
  std::set<TopicId> named;
  for (const control::Topic& topic : snapshot.topics()) named.insert(topic_of(topic.topic_id()));
  // Neighbours lie on one page and are of one topic, so most questions have been answered a moment ago.
  auto stays = [&, last = std::pair<TopicId, int32_t>(TopicId(), -1), answer = false](const decision::PartitionKey& key,
                                                                                      const decision::PageTable::Slot& slot) mutable {
    if (std::pair(key.topic, slot.page) != last) {
      last = {key.topic, slot.page};
      answer = pages.contains(slot.page) && named.contains(key.topic);
    }
    return answer;
  };
  bool all = true;
  partitions_.each_page([&](int32_t page) { all = all && pages.contains(page); });
  partitions_.each_topic([&](const TopicId& topic) { all = all && named.contains(topic); });
  if (!all) {
    decision::PageTable partitions;
    partitions_.each([&](const decision::PartitionKey& key, const decision::PageTable::Slot& slot) {
      if (!stays(key, slot)) return;
      if (partitions_.beside(key)) return partitions.put(slot.page, partitions_.record(key, slot));
      decision::PageTable::ReplicaIds ids;
      partitions.put(slot.page, key, partitions_.row(slot, ids));
    });
    partitions_ = std::move(partitions);
  }
  pages_ = std::move(pages);
  topics_.clear();
  brokers_.clear();
  candidates_.clear();
}

void Image::apply_topics(const control::Delta& delta) {
  for (const control::Topic& topic : delta.topics()) {
    const TopicId id = topic_of(topic.topic_id());
    if (topic.removed()) {
      topics_.erase(id);
      partitions_.remove_topic(id);
      continue;
    }
    TopicImage& image = topics_[id];
    image.name = topic.name();
    image.configs = {topic.configs().begin(), topic.configs().end()};
    image.min_insync_replicas = topic.min_insync_replicas();
  }
}

void Image::apply_partitions(const control::Delta& delta) {
  for (const control::PartitionOf& partition : delta.partitions()) {
    const TopicId topic = topic_of(partition.topic_id());
    if (!topics_.contains(topic)) continue;  // named and removed in one delta
    partitions_.put(partition.page(), to_record(topic, partition.state()));
  }
  for (const control::PagePiece& piece : delta.pieces()) {
    const TopicId topic = topic_of(piece.topic_id());
    if (!topics_.contains(topic)) continue;
    control::ColumnsReader reader(piece.columns());
    for (control::PlainPartition plain; reader.next(plain);) partitions_.put(piece.page(), {topic, plain.index}, to_row(plain));
  }
}

Status Image::apply(const control::Delta& delta) {
  if (Status status = check(delta); !status) return status;
  if (delta.snapshot()) begin_anew(delta);
  apply_topics(delta);
  apply_partitions(delta);
  for (const control::Broker& broker : delta.brokers()) brokers_[BrokerId(broker.id())] = broker;
  if (delta.has_candidates() || delta.snapshot()) candidates_ = {delta.candidates().begin(), delta.candidates().end()};
  for (const control::PageVersion& page : delta.pages()) pages_[page.page()] = {page.mzxid(), page.plain(), page.partitions()};
  if (!delta.cluster_id().empty()) cluster_id_ = delta.cluster_id();
  metadata_version_ = std::max(metadata_version_, delta.metadata_version());
  known_ = true;
  controller_id_ = BrokerId(delta.controller_id());
  controller_epoch_ = ControllerEpoch(delta.controller_epoch());
  offset_ = delta.offset();
  return {};
}

}  // namespace baton::agent
