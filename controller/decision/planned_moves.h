// Planned moves of leaderships that are under way (R4.2): the leader has been asked for its word, or is about to be; its word will
// come, and then succession follows the move's wish. A move ends with the leader epoch that it began at, whoever leads then, or when
// its time is over: until the leader has given its word nothing has changed, and afterwards the word is answered without the move.
//
// Also who waits for the moves: an operator's request is answered when the last of its partitions has its outcome. Pure.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/decision/events.h"

namespace baton::decision {

struct PlannedMove {
  BrokerId to;  // none: whoever can follow first
  LeaderEpoch from_epoch;
  BrokerId from;
  MoveCause cause = MoveCause::kPreferred;
  Instant give_up_at;
};

class PlannedMoves {
 public:
  // Replaces nothing: a partition that is on the move already keeps its move, and false is returned.
  bool begin(const PartitionRecord& record, BrokerId to, MoveCause cause, Instant give_up_at);
  const PlannedMove* find(const PartitionKey& key) const;
  // The move that the record still is subject to: it has not ended by another leader epoch.
  const PlannedMove* of(const PartitionRecord& record) const;

  // `outcomes` holds what is known at once; the partitions in `waits_for` follow by settled() and given_up().
  void wait(RequestId request, std::vector<MoveOutcome> outcomes, std::vector<PartitionKey> waits_for);
  // Another leader epoch stands.
  void settled(const PartitionRecord& record, std::string_view topic);
  // Moves whose time is over, and moves of partitions that are gone.
  void give_up(Instant now);
  void remove_topic(TopicId topic);

  // What has to be asked of leaders now, by broker; each is told once.
  std::vector<AskToYield> take_questions();
  // Requests that have all their outcomes.
  std::vector<Reply> take_replies();
  // How the moves went that have ended since the last question.
  struct Ended {
    size_t done = 0;
    size_t failed = 0;
  };
  Ended take_ended() { return std::exchange(ended_, {}); }
  size_t under_way() const { return moves_.size(); }
  Instant next_deadline() const;

 private:
  struct Waiting {
    std::vector<MoveOutcome> outcomes;
    size_t missing = 0;
  };
  void resolve(const PartitionKey& key, const Error& error, BrokerId leader, LeaderEpoch epoch);

  std::map<PartitionKey, PlannedMove> moves_;
  Ended ended_;
  std::map<BrokerId, AskToYield> questions_;
  std::map<RequestId, Waiting> waiting_;
  std::multimap<PartitionKey, std::pair<RequestId, size_t>> waiters_;  // which outcome of which request
};

}  // namespace baton::decision
