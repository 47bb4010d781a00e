// What a controller is told and what it decides. Its shell (controller/runtime) carries decisions out: a Write goes through
// the one fenced door to the store, and comes back as exactly one of WriteConfirmed, WriteRefused or (then nothing more is
// asked of this controller) the end of its rule. An unclear outcome is the door's business: it writes again, conditionally,
// until it knows.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "controller/decision/cluster.h"
#include "controller/decision/config_change.h"
#include "controller/decision/fate.h"
#include "controller/decision/isr_change.h"
#include "controller/decision/load_book.h"
#include "controller/decision/page_table.h"
#include "controller/decision/standing_orders.h"

namespace baton::decision {

using RequestId = uint64_t;

// ---- events ----------------------------------------------------------------------------------------------------------

struct Mark {
  BrokerId id;
  Incarnation incarnation;
};
// A broker as the store shows it now.
struct BrokerSeen {
  Registration registration;
  bool id_present = false;  // /brokers/ids/N exists: its session lives as far as the store knows
};
struct CandidateSeen {
  BrokerId id;
  int32_t metadata_version = kMetadataNewest;  // the highest that it knows
};
// Read after the claim was confirmed: what the former controller left.
struct Loaded {
  std::vector<PageRecord> pages;
  PageTable table;  // likewise: what was read already in the form in which it is kept
  std::vector<TopicRecord> topics;
  std::vector<BrokerSeen> brokers;
  std::vector<Mark> marks;
  int64_t next_producer_id = 0;
  Orders orders;
  std::set<Incarnation> proven_dead;
  BrokerConfigs broker_configs;
  std::vector<CandidateSeen> candidates;
  int32_t metadata_version = kMetadataNewest;  // the stored level; 0: none is stored
};
// All that stand for election, whenever that changes.
struct CandidatesSeen {
  std::vector<CandidateSeen> candidates;
};
struct CleanRun {
  TopicId topic;
  int32_t first = 0;
  int32_t count = 0;
};
struct StreamOpened {
  BrokerId id;
  BrokerEpoch epoch;
  std::vector<VouchedReplica> replicas;
  std::vector<CleanRun> clean;  // likewise, of clean ones
  bool leaving = false;         // it has begun to stop in good order
};
// `last_heard`: when the stream last gave a sign of life.
struct StreamLost {
  BrokerId id;
  BrokerEpoch epoch;
  Instant last_heard;
};
// What the streams are like, told whenever it changes: those that fell silent, all at once so that they are one decision, and
// whose stream stands but has given no sign of life for half of that time. Who hears hardly anybody must not bury one of them.
struct Hearing {
  std::vector<StreamLost> lost;
  std::set<BrokerId> quiet;
};
struct DeathProven {
  Incarnation incarnation;
};
struct IsrRequested {
  RequestId request = 0;
  BrokerId asker;
  BrokerEpoch asker_epoch;
  std::vector<IsrChange> changes;
};
struct NewTopic {
  std::string name;
  int32_t partitions = -1;          // -1: the default
  int32_t replication_factor = -1;  // -1: the default
  std::map<std::string, std::string> configs;
  std::vector<std::vector<BrokerId>> assignments;  // empty: place them
};
// Behind a mutation that controller.mutation.rate may hold back.
struct MutatingClient {
  std::string name;        // principal and client id; empty: nobody's quota is used
  bool refusable = false;  // it understands THROTTLING_QUOTA_EXCEEDED
};
struct CreateRequested {
  RequestId request = 0;
  std::vector<NewTopic> topics;
  bool validate_only = false;
  MutatingClient client;
};
struct TopicChoice {
  std::string name;
  TopicId id;
};
struct DeleteRequested {
  RequestId request = 0;
  std::vector<TopicChoice> topics;
  MutatingClient client;
};
// More partitions for topics that are there.
struct GrownTopic {
  std::string name;
  int32_t partitions = 0;                          // afterwards, all of them
  std::vector<std::vector<BrokerId>> assignments;  // of the new ones; empty: place them
};
struct GrowRequested {
  RequestId request = 0;
  std::vector<GrownTopic> topics;
  bool validate_only = false;
  MutatingClient client;
};
struct ConfigsRequested {
  RequestId request = 0;
  std::vector<ConfigChange> changes;
  bool validate_only = false;
};
// R4.2: the broker stopped leading these at these epochs, for good, and who has caught up to where each of them ends.
struct OwnWord {
  BrokerId id;
  BrokerEpoch epoch;
  struct Stopped {
    PartitionKey key;
    LeaderEpoch leader_epoch;
    int64_t end_offset = 0;
    std::vector<IsrMember> caught_up;
    // R9: it refused instead, as its log is not to be trusted. Nobody led this epoch, and `end_offset` is what that log holds.
    bool dirty = false;
    LeaderEpoch last_epoch{};
  };
  std::vector<Stopped> partitions;
};
struct LeavingRequested {
  RequestId request = 0;
  BrokerId id;
  BrokerEpoch epoch;
};
// Of one shard of the broker: what it leads, and how long its log takes.
struct LoadReported {
  BrokerId id;
  BrokerEpoch epoch;
  int32_t shard = 0;
  std::vector<PartitionLoad> partitions;
  std::optional<Duration> append;
};
struct ProducerIdsRequested {
  RequestId request = 0;
};
// Why a leadership is moved although its leader lives.
enum class MoveCause : uint8_t { kPreferred, kNamed, kStepDown, kUnclean, kDrain, kReassignment, kLoad, kSlow };
struct PartitionChoice {
  std::string topic;
  int32_t index = 0;
};
// An operator's, or a client's ElectLeaders.
struct MoveRequested {
  enum class Kind : uint8_t {
    kPreferred,  // to the first replica of the assignment
    kUnclean,    // where nobody leads: to any replica that lives
    kNamed,      // to the replica `to`
    kStepDown,   // away from the present leader
  };
  RequestId request = 0;
  Kind kind = Kind::kPreferred;
  std::vector<PartitionChoice> partitions;
  bool all = false;  // every partition; those that need no election are left out of the answer
  BrokerId to{};
  // kNamed: for so long it is to lead (zero: until somebody orders otherwise). kStepDown: for so long the present leader is not to.
  Duration lasting{};
};
// An operator's order about a broker; kNone takes it back.
struct BrokerOrdered {
  RequestId request = 0;
  BrokerId id;
  BrokerOrder order = BrokerOrder::kNone;
};
struct Reassignment {
  PartitionChoice partition;
  std::vector<BrokerId> replicas;
  bool cancel = false;  // back to what it had
};
// Answered when it has begun, each partition by itself.
struct ReassignRequested {
  RequestId request = 0;
  std::vector<Reassignment> partitions;
};
struct ExplainRequested {
  RequestId request = 0;
  PartitionChoice partition;
};
struct WhatIfRequested {
  RequestId request = 0;
  std::set<BrokerId> dead;
};
struct WriteConfirmed {};
struct WriteRefused {};  // a tombstone's version had moved on: brokers are read again and come as BrokerSeen before this
struct Woken {};

using Event = std::variant<Loaded, BrokerSeen, CandidatesSeen, StreamOpened, StreamLost, Hearing, DeathProven, IsrRequested,
                           CreateRequested, DeleteRequested, GrowRequested, ConfigsRequested, OwnWord, LeavingRequested, MoveRequested,
                           BrokerOrdered, ReassignRequested, ExplainRequested, WhatIfRequested, LoadReported, ProducerIdsRequested,
                           WriteConfirmed, WriteRefused, Woken>;

// ---- decisions -------------------------------------------------------------------------------------------------------

// R3: first of all writes about a death. Conditional on the version of /brokers/epochs/N.
struct Tombstone {
  BrokerId id;
  Incarnation incarnation;
  StoreVersion version;
  Life life = Life::kTombstoneProven;
};
// What becomes of a partition whose replicas stay, in the words of the controller's table. Many are made at once where the same happens
// to many.
struct RowChange {
  PartitionKey key;
  PageTable::Slot after;
};
struct PutPage {
  int32_t number = 0;
  struct Upsert {
    std::string topic;
    PartitionRecord partition;
  };
  std::vector<Upsert> partitions;
  std::vector<TopicId> removed_topics;
  std::vector<PartitionKey> removed_partitions;
  std::vector<RowChange> rows;  // in the order of their keys; of partitions that are in none of the above
};
struct PutTopic {
  TopicRecord topic;
};
struct RemoveTopic {
  std::string name;
};
struct PutMark {
  BrokerId id;
  Incarnation incarnation;
};
struct PutProducerIds {
  int64_t next = 0;
};
struct PutOrders {
  Orders orders;
};
struct PutBrokerConfigs {
  BrokerConfigs configs;  // all of them
};
// Never below what is stored.
struct PutMetadataVersion {
  int32_t level = 0;
};
using Change =
    std::variant<Tombstone, PutPage, PutTopic, RemoveTopic, PutMark, PutProducerIds, PutOrders, PutBrokerConfigs, PutMetadataVersion>;
// In this order; a crash after any prefix is harmless (R3, R10).
struct Write {
  std::vector<Change> changes;
};

// For people: what `leader history` tells.
struct LeaderChange {
  PartitionKey key;
  LeaderEpoch epoch;
  BrokerId leader;
  BrokerId former;
  std::string cause;
};
// Confirmed changes that every broker must hear of.
struct Publish {
  static constexpr size_t kChangesMax = 1000;
  std::vector<LeaderChange> changes;  // of these partitions, the first so many
  std::vector<PartitionRecord> partitions;
  std::vector<RowChange> rows;  // of other partitions
  std::vector<TopicRecord> topics;
  std::vector<TopicId> removed_topics;
  std::vector<BrokerId> brokers;
  std::optional<BrokerConfigs> broker_configs;
  int32_t metadata_version = 0;  // the level, where it has risen
};

struct TopicOutcome {
  std::string name;
  TopicId id;
  Error error{ErrorCode::kNone, {}};
  int32_t partitions = -1;
  int32_t replication_factor = -1;
  std::map<std::string, std::string> configs;
};
struct IsrOutcome {
  PartitionKey key;
  ErrorCode error = ErrorCode::kNone;
  std::optional<PartitionRecord> record;  // the confirmed one
};
struct ProducerIds {
  int64_t first = 0;
  int32_t count = 0;
};
struct Leaving {
  int32_t still_led = 0;  // and some live replica could take over
};
struct MoveOutcome {
  PartitionKey key;
  std::string topic;
  int32_t partition = 0;
  Error error{ErrorCode::kNone, {}};
  BrokerId leader;  // afterwards
  LeaderEpoch leader_epoch;
};
// Why a partition is led as it is: a sentence for each replica.
struct Explanation {
  PartitionRecord record;
  int32_t min_insync_replicas = 1;
  std::vector<std::pair<BrokerId, std::string>> replicas;
  std::string order;  // of an operator, in words; empty: none
};
// What would become of a partition; nothing of it has happened.
struct PartitionFate {
  std::string topic;
  Fate fate;
};
struct ConfigOutcome {
  ConfigResource resource;
  Error error{ErrorCode::kNone, {}};
};
using Answer = std::variant<ErrorCode, std::vector<TopicOutcome>, std::vector<IsrOutcome>, ProducerIds, Leaving, std::vector<MoveOutcome>,
                            std::vector<PartitionFate>, Explanation, std::vector<ConfigOutcome>>;
struct Reply {
  RequestId request = 0;
  Answer answer;
  Duration throttle{};  // of a mutation: how long its client is to hold the next one back
};
// R4.2: for its word on these leaderships, at these epochs. Said once; without a word the move comes to nothing.
struct AskToYield {
  BrokerId broker;
  struct Partition {
    PartitionKey key;
    LeaderEpoch leader_epoch;
  };
  std::vector<Partition> partitions;
};
struct WakeAt {
  Instant at;
};
// R7: too many brokers are silent at once for it to be they that are gone.
struct Resign {
  std::string reason;
};
// For the failover timeline: what happened to a broker's death, and how it was known.
struct Milestone {
  BrokerId id;
  std::string stage;   // detected, tombstone_confirmed, pages_confirmed, removed_confirmed; inherited: another had begun with it
  std::string detail;  // proof, silence, registration
};
// For the flight recorder, before the write that does it: who takes over from a leader, in how many partitions. Under the id
// "none": nobody does, for now.
struct Succeeded {
  BrokerId from;
  std::map<BrokerId, int32_t> to;
  int32_t unclean = 0;  // of these: among dirty replicas
};
using Decision = std::variant<Write, Publish, Reply, AskToYield, WakeAt, Resign, Milestone, Succeeded>;
using Decisions = std::vector<Decision>;

}  // namespace baton::decision
