// What the controller knows of every broker: its registration, its stream, whether it is dead and how that is known, and
// when its last lease has run out for certain (R1, R3, R4, R7). Pure; time comes with each call.
//
// One life after another: `registered` is what /brokers/epochs/N shows; the incarnation "to be removed" is the one whose
// roles may still stand in the pages: the tombstoned one itself, or the predecessor of a live one. Until the mark in
// /brokers/removed/N names it, no role goes to this id.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/decision/events.h"
#include "controller/decision/partition_set.h"
#include "controller/decision/standing.h"

namespace baton::decision {

struct MembershipConfig {
  Duration control_timeout{};  // without a stream for so long: silent
  Duration session_grace{};    // how long a broker without a session and without a stream is waited for
  Duration lease{};            // D
  Duration drift{};            // by how much the slowest clock may lag within D
};

class Membership {
 public:
  explicit Membership(MembershipConfig config) : config_(config) {}

  void load(const Loaded& loaded, Instant now);
  void see(const BrokerSeen& seen, Instant now);
  void stream_opened(const StreamOpened& opened);
  void stream_lost(const StreamLost& lost);
  void hears_little_of(std::set<BrokerId> quiet) { quiet_ = std::move(quiet); }
  void death_proven(Incarnation incarnation);
  // For the rest of this life; another one is not meant.
  void set_leaving(BrokerId id, BrokerEpoch epoch);
  // R9: it refused to lead, so its log is dirty whatever was believed. Where it had been elected as dirty and refuses all the
  // same, it is not elected again in this life.
  void refused(const VouchedReplica& replica, BrokerId id, bool elected_as_dirty);
  // The replica entered the ISR, or was elected: from now on it is clean in this life (R9).
  void entered_isr(const PartitionKey& key, BrokerId id);

  // Deaths that have to be written before anything else. Silent ones come only where resignation is not due.
  std::vector<Tombstone> due_tombstones(Instant now) const;
  // R7: more brokers would have to be called silent than are heard of, so it is this controller that is cut off.
  bool must_resign(Instant now) const;
  void tombstone_confirmed(const Tombstone& tombstone, Instant now);
  // Brokers whose former life is to be marked removed, given that no page names them any more.
  std::vector<PutMark> due_marks(Instant now, const std::map<BrokerId, int32_t>& roles) const;
  void mark_confirmed(const PutMark& mark);

  ReplicaStanding standing(const PartitionKey& key, BrokerId id, Instant now) const;
  // The epoch of the live incarnation that may take roles; none otherwise.
  BrokerEpoch member_epoch(BrokerId id) const;
  bool electable(BrokerId id) const;
  bool live(BrokerId id) const;
  bool ready(BrokerId id) const;
  bool streaming(BrokerId id) const;
  const Registration* registration(BrokerId id) const;
  std::vector<BrokerId> ids() const;
  const std::string& rack(BrokerId id) const;
  // When time alone will change an answer above; never() if it will not.
  Instant next_deadline(Instant now) const;
  // How the death is known: proof, silence, registration; for the timeline.
  std::string how_known(BrokerId id) const;

 private:
  enum class Refusal { kNone, kAsClean, kOutright };
  struct Replica {
    VouchedReplica vouched;
    Refusal refusal = Refusal::kNone;
  };
  struct Member {
    Registration registered;
    bool id_present = false;
    Instant id_missing_since{};
    bool proven = false;  // the registered incarnation is known to be dead, not yet written
    Incarnation removed;
    bool streaming = false;
    Instant last_heard{};
    bool leaving = false;
    Instant may_act_until{};                   // of a silent tombstone
    PartitionSet clean;                        // R9: vouched for, or seen to enter the ISR in this life
    std::map<PartitionKey, Replica> replicas;  // those that are not clean, or refused
  };

  bool is_live(const Member& member) const;
  bool is_ready(const Member& member) const;
  Incarnation to_be_removed(const Member& member) const;
  Instant silent_at(const Member& member) const;
  const Member* find(BrokerId id) const;

  MembershipConfig config_;
  std::map<BrokerId, Member> members_;
  std::set<BrokerId> quiet_;  // their streams stand, but have given no sign of life for some time
  std::set<Incarnation> proven_dead_;
};

}  // namespace baton::decision
