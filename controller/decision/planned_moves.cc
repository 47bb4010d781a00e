#include "controller/decision/planned_moves.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton::decision {

bool PlannedMoves::begin(const PartitionRecord& record, BrokerId to, MoveCause cause, Instant give_up_at) {
  auto [at, fresh] = moves_.try_emplace(record.key, PlannedMove{to, record.leader_epoch, record.leader, cause, give_up_at});
  if (!fresh) return false;
  if (record.leader == BrokerId()) return true;  // nobody to ask: an election
  AskToYield& question = questions_[record.leader];
  question.broker = record.leader;
  question.partitions.push_back({record.key, record.leader_epoch});
  return true;
}

const PlannedMove* PlannedMoves::find(const PartitionKey& key) const {
  auto found = moves_.find(key);
  return found == moves_.end() ? nullptr : &found->second;
}

const PlannedMove* PlannedMoves::of(const PartitionRecord& record) const {
  const PlannedMove* move = find(record.key);
  return move != nullptr && move->from_epoch == record.leader_epoch ? move : nullptr;
}

void PlannedMoves::wait(RequestId request, std::vector<MoveOutcome> outcomes, std::vector<PartitionKey> waits_for) {
  Waiting& waiting = waiting_[request];
  waiting.outcomes = std::move(outcomes);
  std::map<PartitionKey, size_t> places;  // not searched for: a request may be about all partitions that there are
  for (size_t i = 0; i < waiting.outcomes.size(); ++i) places.emplace(waiting.outcomes[i].key, i);
  for (const PartitionKey& key : waits_for) {
    auto place = places.find(key);
    if (place == places.end() || find(key) == nullptr) continue;
    waiters_.emplace(key, std::pair(request, place->second));
    ++waiting.missing;
  }
}

void PlannedMoves::settled(const PartitionRecord& record, std::string_view topic) {
  auto found = moves_.find(record.key);
  if (found == moves_.end() || found->second.from_epoch == record.leader_epoch) return;
  const PlannedMove move = found->second;
  moves_.erase(found);
  const bool done = move.to == BrokerId() ? record.leader != move.from && record.leader != BrokerId() : record.leader == move.to;
  Error error{ErrorCode::kNone, {}};
  if (!done) {
    error = {ErrorCode::kEligibleLeadersNotAvailable,
             record.leader == BrokerId() ? fmt::format("{}-{} has no leader now: nobody could follow.", topic, record.key.index)
                                         : fmt::format("Broker {} leads {}-{} now: the wanted one did not catch up in time, or is gone.",
                                                       record.leader.value(), topic, record.key.index)};
  }
  resolve(record.key, error, record.leader, record.leader_epoch);
}

void PlannedMoves::give_up(Instant now) {
  for (auto at = moves_.begin(); at != moves_.end();) {
    if (now < at->second.give_up_at) {
      ++at;
      continue;
    }
    const auto [key, move] = *at;
    at = moves_.erase(at);
    resolve(key, {ErrorCode::kRequestTimedOut, "The leader did not hand over in time; it leads as before."}, move.from, move.from_epoch);
  }
}

void PlannedMoves::remove_topic(TopicId topic) {
  for (auto at = moves_.lower_bound({topic, 0}); at != moves_.end() && at->first.topic == topic;) {
    const PartitionKey key = at->first;
    at = moves_.erase(at);
    resolve(key, {ErrorCode::kUnknownTopicOrPartition, "The topic was deleted meanwhile."}, {}, {});
  }
}

void PlannedMoves::resolve(const PartitionKey& key, const Error& error, BrokerId leader, LeaderEpoch epoch) {
  ++(error.code == ErrorCode::kNone ? ended_.done : ended_.failed);
  auto [first, last] = waiters_.equal_range(key);
  for (auto at = first; at != last; ++at) {
    Waiting& waiting = waiting_.at(at->second.first);
    MoveOutcome& outcome = waiting.outcomes.at(at->second.second);
    outcome.error = error;
    outcome.leader = leader;
    outcome.leader_epoch = epoch;
    --waiting.missing;
  }
  waiters_.erase(first, last);
}

std::vector<AskToYield> PlannedMoves::take_questions() {
  std::vector<AskToYield> taken;
  for (auto& [broker, question] : questions_) taken.push_back(std::move(question));
  questions_.clear();
  return taken;
}

std::vector<Reply> PlannedMoves::take_replies() {
  std::vector<Reply> taken;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->second.missing > 0) {
      ++at;
      continue;
    }
    taken.push_back({at->first, std::move(at->second.outcomes)});
    at = waiting_.erase(at);
  }
  return taken;
}

Instant PlannedMoves::next_deadline() const {
  Instant next = Instant::never();
  for (const auto& [key, move] : moves_) next = std::min(next, move.give_up_at);
  return next;
}

}  // namespace baton::decision
