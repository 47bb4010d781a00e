// The metadata image: what every broker and every candidate knows of topics, partitions, brokers and candidates, built
// from deltas alone. A delta is applied whole or refused whole.
//
// The image does not judge who sent a delta (stream.h does); it keeps what may never run backwards: the controller epoch,
// the numbering within one, and each partition's epochs. Pure; not thread-safe.
//
// Partitions are held as the controller holds them (decision/page_table.h), so that a million of them cost little and a candidate that
// becomes controller has them already.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/metadata_version.h"
#include "base/result.h"
#include "base/uuid.h"
#include "controller/decision/page_table.h"
#include "controller/messages/control.pb.h"

namespace baton::agent {

struct TopicImage {
  std::string name;
  std::map<std::string, std::string> configs;
  int32_t min_insync_replicas = 1;
};

// What was told of a page. `plain`: an image of it is the page, so that a candidate that becomes controller need not read it again.
struct KnownPage {
  int64_t mzxid = 0;  // 0: not known
  bool plain = false;
  int32_t partitions = 0;
  friend bool operator==(const KnownPage&, const KnownPage&) = default;
};

class Image {
 public:
  // `known`: the highest version of the metadata's forms (base/metadata_version.h) that is read here.
  explicit Image(int32_t known = kMetadataNewest) : known_forms_(known) {}

  // A snapshot replaces everything; anything else changes what it names. Refused, with nothing changed: a controller
  // epoch that is lower than the image's, a change that does not begin with a snapshot of its controller's or leaves a gap in that
  // controller's numbering, a partition of a topic that is not
  // known, a leader or partition epoch that runs backwards, pages that are kept though they are not here, columns that make no sense,
  // forms of a version beyond what is read here (UNSUPPORTED_VERSION).
  Status apply(const control::Delta& delta);

  // False until the first snapshot: nothing is known, which is not the same as nothing existing.
  bool known() const { return known_; }
  const std::map<TopicId, TopicImage>& topics() const { return topics_; }
  const decision::PageTable& partitions() const { return partitions_; }
  const std::map<BrokerId, control::Broker>& brokers() const { return brokers_; }
  const std::vector<control::Candidate>& candidates() const { return candidates_; }
  const std::map<int32_t, KnownPage>& pages() const { return pages_; }
  const std::string& cluster_id() const { return cluster_id_; }
  BrokerId controller_id() const { return controller_id_; }
  ControllerEpoch controller_epoch() const { return controller_epoch_; }
  int64_t offset() const { return offset_; }
  // The highest level that was told.
  int32_t metadata_version() const { return metadata_version_; }

  const TopicImage* find(const TopicId& topic) const;
  std::optional<decision::PartitionRecord> find(const TopicId& topic, PartitionIndex partition) const;
  const control::Broker* find(BrokerId broker) const;

 private:
  Status check(const control::Delta& delta) const;
  Status check_forms(const control::Delta& delta) const;
  Status check_partitions(const control::Delta& delta) const;
  void begin_anew(const control::Delta& snapshot);
  void apply_topics(const control::Delta& delta);
  void apply_partitions(const control::Delta& delta);

  int32_t known_forms_;
  int32_t metadata_version_ = kMetadataSingles;
  bool known_ = false;
  std::map<TopicId, TopicImage> topics_;
  decision::PageTable partitions_;
  std::map<BrokerId, control::Broker> brokers_;
  std::vector<control::Candidate> candidates_;
  std::map<int32_t, KnownPage> pages_;
  std::string cluster_id_;
  BrokerId controller_id_;
  ControllerEpoch controller_epoch_;
  int64_t offset_ = -1;
};

}  // namespace baton::agent
