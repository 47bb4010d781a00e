// A broker's own roles, derived from the image: lead, follow, delete. There is no other way to get one. Says only what
// changed since it was last said; the first word of an incarnation, and the word after a snapshot, are complete.
//
// No role before R1 allows one: the image shows this very incarnation live and ready, and the agent has itself read that
// its predecessor was removed (that part is the caller's `allowed`). Pure.
#pragma once

#include <map>
#include <optional>

#include "controller/agent/image.h"
#include "controller/decision/partition_rows.h"
#include "controller/decision/partition_set.h"

namespace baton::agent {

using decision::PartitionKey;

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

  // R9: what this broker vouches for: what the host held at the start, as it said, and, as clean, what has since entered the ISR or
  // was elected. A replica that is in neither holds nothing that can be trusted.
  const decision::PartitionSet& clean() const { return clean_; }
  const std::map<PartitionKey, control::ReplicaEnd>& dirty() const { return dirty_; }
  size_t held() const { return held_.size(); }

 private:
  struct Held {
    bool held = false;
    bool leads = false;
    bool in_isr = false;
    LeaderEpoch leader_epoch;
    PartitionEpoch partition_epoch;
    bool there() const { return held; }
    friend bool operator==(const Held&, const Held&) = default;
  };
  // What is told of one topic, while it is gathered.
  class Telling;

  control::Roles complete(const Image& image);
  control::Roles changes(const Image& image, const control::Delta& delta);
  void put(const Image& image, const PartitionKey& key, const decision::PageTable::Slot& slot, bool always, Telling& telling);
  // Whether there is anything to say.
  bool take_over(const PartitionKey& key, const Held& present, bool always);
  void take(const PartitionKey& key, control::Roles& out);
  void vouch(const PartitionKey& key, const Held* former, const Held& present);

  BrokerId self_;
  bool told_ = false;
  decision::PartitionRows<Held> held_;
  decision::PartitionSet clean_;
  std::map<PartitionKey, control::ReplicaEnd> dirty_;
};

}  // namespace baton::agent
