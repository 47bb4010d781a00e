// A broker's own roles, derived from the image: lead, follow, delete. There is no other way to get one. Says only what
// changed since it was last said; the first word of an incarnation, and the word after a snapshot, are complete.
//
// No role before R1 allows one: the image shows this very incarnation live and ready, and the agent has itself read that
// its predecessor was removed (that part is the caller's `allowed`). Pure.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "controller/agent/image.h"

namespace baton::agent {

using PartitionKey = std::pair<TopicId, PartitionIndex>;

class Roles {
 public:
  Roles(BrokerId self, const std::vector<control::ReplicaEnd>& replicas);

  // What to tell the host after the image has changed by `delta` (null: by nothing, but `allowed` may have changed).
  // None: nothing to tell. REQUIRES: the delta is already applied.
  std::optional<control::Roles> derive(const Image& image, const Incarnation& incarnation, bool allowed, const control::Delta* delta);
  // R9: the host refused to lead this partition, as its log is dirty. It is not vouched for until it has entered the ISR.
  void refused(const control::Stopped& word);
  // The host has stopped everything: the next word is complete again.
  void forget();

  // R9: what the host held at the start, as it said, and, as clean, what has since entered the ISR or was elected. A replica
  // that is not here holds nothing that can be trusted.
  const std::map<PartitionKey, control::ReplicaEnd>& replicas() const { return replicas_; }
  size_t held() const { return held_.size(); }

 private:
  struct Held {
    control::Role::Kind kind = control::Role::FOLLOW;
    LeaderEpoch leader_epoch;
    PartitionEpoch partition_epoch;
    bool in_isr = false;
  };

  control::Roles complete(const Image& image);
  control::Roles changes(const Image& image, const control::Delta& delta);
  void put(const TopicId& topic, const TopicImage& image, const control::Partition& state, bool always, control::Roles& out);
  void take(const PartitionKey& key, control::Roles& out);
  void vouch(const PartitionKey& key, const Held* former, const Held& present);

  BrokerId self_;
  bool told_ = false;
  std::map<PartitionKey, Held> held_;
  std::map<PartitionKey, control::ReplicaEnd> replicas_;
};

}  // namespace baton::agent
