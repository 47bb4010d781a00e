// The controller: events in, decisions out. It decides who leads, who is dead, who is in sync, which topics exist.
//
// Propose, persist, apply: at most one write is in flight, or two that are neighbouring parts of one pass over many partitions. Its
// confirmation alone changes the state below and releases what is published and answered; whatever arrives meanwhile waits and becomes
// the next write as one batch. So every death that is pending is part of one decision, and no refusal is ever sent while a page's
// outcome is open (R3, R8).
//
// Order of writes: tombstones, then pages, then marks (R3); a topic's pages before its entry (R10).
//
// Pure and single-threaded. One object rules for one controller epoch; a new claim makes a new one.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "controller/decision/events.h"
#include "controller/decision/leader_plan.h"
#include "controller/decision/load_book.h"
#include "controller/decision/membership.h"
#include "controller/decision/metadata_level.h"
#include "controller/decision/mutation_quota.h"
#include "controller/decision/page_table.h"
#include "controller/decision/placement.h"
#include "controller/decision/planned_moves.h"
#include "controller/decision/policy_handover.h"
#include "controller/decision/return_gate.h"
#include "controller/decision/slow_brokers.h"
#include "controller/decision/standing.h"

namespace baton::decision {

struct ControllerConfig {
  MembershipConfig membership;
  int32_t default_partitions = 1;
  int32_t default_replication_factor = 1;
  int32_t default_min_insync_replicas = 1;
  bool commit_flush_policy = false;
  // unclean.leader.election.enable, where a topic does not say otherwise.
  bool unclean_leader_election = false;
  int32_t producer_id_block = 1000;
  // R4.2: how long a leader that gave its word waits for a successor to catch up before it gets the next epoch itself.
  Duration catch_up_wait = std::chrono::seconds(2);
  // How long a leader that was asked for its word, and its successor, have until the move is given up.
  Duration move_timeout = std::chrono::seconds(5);
  BalanceConfig balance;
  // From how many on partitions that one sweep changes alike are told and written as rows.
  size_t bulk_from = 256;
  // So many partitions at most are changed by one write of a sweep: some 450 KB of pages, one multi.
  size_t partitions_per_write = 49'152;
  // The highest version of the metadata's forms that this process knows, and how long all others must have known more than the
  // cluster's level before it is raised.
  int32_t metadata_version = kMetadataNewest;
  Duration level_moment = std::chrono::seconds(2);
};

class Controller {
 public:
  // `random` names new topics; it must outlive the controller.
  Controller(ControllerConfig config, Random& random)
      : config_(config),
        random_(random),
        members_(config.membership),
        gate_(config.balance.delay),
        slow_(config.balance.slow_append, config.balance.slow_after, config.balance.slow_until),
        level_(config.metadata_version, config.level_moment) {}

  // The first event must be Loaded.
  Decisions step(Instant now, const Event& event);

  const Membership& members() const { return members_; }
  const PageTable& pages() const { return pages_; }
  const std::map<std::string, TopicRecord>& topics() const { return topics_; }
  const Orders& orders() const { return orders_; }
  const PlannedMoves& moves() const { return moves_; }
  // What the policies know of this replica now.
  ReplicaStanding standing(const PartitionKey& key, BrokerId id) const {
    ReplicaStanding standing = members_.standing(key, id, now_);
    standing.slow = slow_.slow(id);
    standing.avoided = standing.slow || orders_.avoids(key, id, now_);
    return standing;
  }
  // A write is in flight: the store may be ahead of what stands here.
  bool writing() const { return !in_flight_.empty(); }
  // Committed and not being deleted: what brokers hear of.
  bool visible(TopicId topic) const;
  bool visible(const PartitionKey& key) const;
  // Pages may still hold what a former controller left there and nobody hears of.
  bool leftovers() const { return leftovers_; }
  const BrokerConfigs& broker_configs() const { return broker_configs_; }
  const MetadataLevel& level() const { return level_; }

 private:
  struct InFlight {
    Write write;
    std::vector<Reply> replies;        // released by the confirmation
    std::vector<Reply> refused;        // released where the write is refused
    std::vector<MoveRequested> moves;  // begun by the confirmation of the orders that go with them
    // A part of a pass, and nothing else: of what lies behind it in the pass nothing is in flight.
    bool part_of_pass = false;
  };
  // R4.2, until another leadership answers it.
  struct Word {
    LeaderEpoch leader_epoch;
    int64_t end_offset = 0;
    std::vector<IsrMember> caught_up;
    bool refused = false;
    Instant overdue_at{};
  };

  void on(const Loaded& event);
  void on(const BrokerSeen& event);
  void on(const CandidatesSeen& event) { candidates_ = event.candidates; }
  void on(const StreamOpened& event);
  void on(const StreamLost& event);
  void on(const Hearing& event);
  void on(const DeathProven& event);
  void on(const IsrRequested& event);
  void on(const CreateRequested& event) { creations_.push_back(event); }
  void on(const DeleteRequested& event) { deletions_.push_back(event); }
  void on(const GrowRequested& event) { growths_.push_back(event); }
  void on(const ConfigsRequested& event) { config_requests_.push_back(event); }
  void on(const OwnWord& event);
  void on(const LeavingRequested& event);
  void on(const MoveRequested& event);
  void on(const BrokerOrdered& event);
  void on(const WhatIfRequested& event);
  void on(const ExplainRequested& event);
  void on(const LoadReported& event);
  void on(const ReassignRequested& event) { reassign_requests_.push_back(event); }
  void publish_broker(BrokerId id);
  void inherit_deaths();
  void on(const ProducerIdsRequested& event) { producer_id_requests_.push_back(event.request); }
  void on(const WriteConfirmed& event);
  void on(const WriteRefused& event);
  void on(const Woken& event);

  // Decides the next write, if there is anything to write. Each returns whether it made one.
  void advance();
  bool bury();
  bool change_partitions();
  // While the store writes one part of a pass, the next is decided and sent behind it: it concerns other partitions.
  bool may_send_next_part() const;
  void send_next_part();
  bool delete_topics();
  bool create_topics();
  struct Need {  // of brokers that can take replicas
    int32_t replication_factor = 0;
    const std::vector<std::vector<BrokerId>>& assignments;
  };
  bool waits_for_brokers(const std::vector<Need>& needs) const;
  bool waits_for_brokers(const CreateRequested& request) const;
  bool waits_for_brokers(const GrowRequested& request) const;
  bool grow_topics();
  bool change_configs();
  bool mark_removed();
  bool allocate_producer_ids();
  bool put_orders();
  // controller_level.cc
  void look_at_level();
  bool raise_level();

  // Everything, or what one broker has to do with, is to be looked at again.
  void want_sweep();
  void want_sweep_of(BrokerId id);
  // What many partitions become alike goes into `rows`, anything else into `changed`.
  void sweep(std::map<PartitionKey, PartitionRecord>& changed, std::vector<RowChange>& rows);
  static void put_rows(std::vector<RowChange> rows, std::map<int32_t, PutPage>& pages);
  void put_records(std::map<PartitionKey, PartitionRecord>& changed, std::map<int32_t, PutPage>& pages) const;
  void apply_rows(const PutPage& change, Publish& publish);
  std::optional<GivenWord> word_on(const PartitionRecord& record) const;
  StandingOf standing_of(const PartitionKey& key) const;
  // Each either begins a move, or gives the outcome that is known at once.
  std::optional<MoveOutcome> begin_move(const MoveRequested& request, const PartitionRecord& record);
  std::vector<BrokerId> electable_brokers() const;
  std::vector<PartitionKey> moved_by(const MoveRequested& request, std::vector<MoveOutcome>& unknown) const;
  Result<BrokerId> allow_unclean(const PartitionRecord& record);
  void tell_moves();
  // What operators' wishes and the passing of time make of the orders, to be stored.
  Orders& propose_orders();
  bool order_with(const MoveRequested& request);
  void begin_moves(const MoveRequested& request);
  void plan();
  // Replicas that move: controller_reassign.cc.
  static constexpr size_t kEvacuatedAtOnce = 50;
  void note_reassignment(const PartitionRecord& record);
  void answer_reassignments(std::map<PartitionKey, PartitionRecord>& changed, std::vector<Reply>& replies);
  PartitionKey key_of(const PartitionChoice& choice) const;
  MoveOutcome begin_reassignment(const Reassignment& wanted, std::map<PartitionKey, PartitionRecord>& changed);
  void finish_reassignments(std::map<PartitionKey, PartitionRecord>& changed);
  void evacuate();
  void plan_by(Instant at) { plan_at_ = std::min(plan_at_, at); }
  // When time alone will change a succession, or any decision; never() if it will not.
  Instant sweep_deadline() const;
  Instant next_deadline() const;
  void answer_isr_requests(std::map<PartitionKey, PartitionRecord>& changed, std::vector<Reply>& replies);
  bool evaluate_isr_request(const IsrRequested& request, std::map<PartitionKey, PartitionRecord>& changed, std::vector<Reply>& replies);
  TopicOutcome propose_topic(const NewTopic& wanted, const CreateRequested& request, std::set<std::string>& names, Write& write,
                             Duration& throttle);
  // THROTTLING_QUOTA_EXCEEDED where the client has to wait; `throttle` becomes the longest of what it was told.
  Status admit(const MutatingClient& client, int32_t partitions, Duration& throttle);
  Result<std::vector<std::vector<BrokerId>>> assignments_of(const NewTopic& wanted, const Write& write);
  TopicOutcome propose_growth(const GrownTopic& wanted, const GrowRequested& request, Write& write, Duration& throttle);
  Status propose_topic_configs(const ConfigChange& change, bool validate_only, Write& write);
  Status propose_broker_configs(const ConfigChange& change, bool validate_only, BrokerConfigs& brokers) const;
  void take_broker_configs(const BrokerConfigs& configs);
  void empty_eligible(const TopicRecord& topic, int32_t lower_minimum, Write& write);
  bool unclean_allowed(TopicId topic) const;
  void propose_partitions(const TopicRecord& topic, int32_t first, const std::vector<std::vector<BrokerId>>& assignments, Write& write);
  // Of topics and of what never became one, each page changed once.
  struct Removal {
    std::vector<TopicRecord> marked;
    std::map<int32_t, PutPage> pages;
    std::vector<std::string> gone;
  };
  void propose_removal(const TopicRecord& topic, Removal& removal) const;
  static std::vector<Change> changes_of(Removal removal);

  void send(InFlight flight);
  void apply(const Change& change, Publish& publish);
  void apply(PutPage&& change, Publish& publish);
  void note_change(const PartitionRecord* former, const PartitionRecord& record, Publish& publish) const;
  int32_t minimum_for(TopicId topic) const;
  BrokerEpoch asker_epoch(BrokerId id) const;
  void decide(Decision decision) { decisions_.push_back(std::move(decision)); }
  void report_swept();

  ControllerConfig config_;
  Random& random_;
  Membership members_;
  PageTable pages_;
  std::map<std::string, TopicRecord> topics_;
  std::map<TopicId, std::string> names_;
  TopicMap<const TopicRecord*> records_;  // those of topics_, by id
  int64_t next_producer_id_ = 0;

  Instant now_{};
  Instant swept_until_{};  // a sweep is due again at this instant, even if nothing happens
  struct {
    bool due = false;
    bool everywhere = false;
    std::set<BrokerId> brokers;  // whom else it concerns: their partitions alone are looked at
    PartitionKey from;           // where the pass goes on
  } sweep_;
  bool loaded_ = false;
  bool resigned_ = false;
  std::deque<InFlight> in_flight_;  // confirmed in this order
  std::deque<IsrRequested> isr_requests_;
  std::deque<ReassignRequested> reassign_requests_;
  std::set<PartitionKey> reassigning_;
  std::deque<CreateRequested> creations_;
  std::deque<DeleteRequested> deletions_;
  MutationQuota quota_;
  std::deque<GrowRequested> growths_;
  std::deque<ConfigsRequested> config_requests_;
  BrokerConfigs broker_configs_;
  std::deque<RequestId> producer_id_requests_;
  std::map<PartitionKey, Word> words_;
  PlannedMoves moves_;
  Orders orders_;
  std::optional<Orders> proposed_orders_;  // not stored yet
  std::vector<Reply> order_replies_;       // released when they are
  std::vector<MoveRequested> ordered_moves_;
  ReturnGate gate_;
  LoadBook loads_;
  SlowBrokers slow_;
  MetadataLevel level_;
  std::vector<CandidateSeen> candidates_;
  Instant settling_until_{};  // brokers that are registered may still be on their way to us
  Instant plan_at_{};         // leaderships are looked over then
  Instant check_balance_at_{};
  Duration plan_backoff_{};              // after moves that came to nothing
  std::set<PartitionKey> unclean_once_;  // an operator allowed it, until the next sweep
  std::vector<std::string> unfinished_deletions_;
  std::vector<TopicId> orphans_;               // partitions without a topic entry: a creation that was never committed
  std::vector<PartitionKey> never_committed_;  // partitions beyond what their topic's entry says: a growth that was cut short
  bool leftovers_ = false;                     // of these, until a write that follows their removal is confirmed
  std::set<BrokerId> unswept_;                 // buried, pages not confirmed yet
  Decisions decisions_;
};

}  // namespace baton::decision
