#include "controller/election/peer_elector.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "controller/election/peer_codec.h"

namespace baton::election {

std::string_view name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::kElection:
      return "election";
    case MessageKind::kAnnouncement:
      return "announcement";
    case MessageKind::kBeat:
      return "beat";
    case MessageKind::kAcknowledgement:
      return "acknowledgement";
    case MessageKind::kTransfer:
      return "transfer";
  }
  return "election";
}

PeerElector::PeerElector(PeerConfig config) : StandingElector(config.timing, *config.random), config_(std::move(config)) {
  for (const Voter& voter : config_.voters) priorities_.emplace(voter.id, voter.priority);
  BATON_ASSERT(is_voter(config_.self));
  BATON_ASSERT(priorities_.size() == config_.voters.size());
}

void PeerElector::received(BrokerId from, std::string_view message) {
  if (from == config_.self || !is_voter(from)) return;
  gone_.erase(from);
  heard(from, message);
}

void PeerElector::died(const DeathProven& proven) {
  if (proven.id == config_.self || !is_voter(proven.id)) return;
  gone_.insert(proven.id);
  lost(proven.id);
}

void PeerElector::transfer(const TransferTo& wish) {
  if (is_voter(wish.id)) {
    hand_over(wish);
  } else {
    say(TransferFailed{wish.guid + " is no voter: see controller.quorum.voters"});
  }
}

void PeerElector::renamed(const Rename&) {
  if (!standing()) return;
  step_down();
  withdraw();
  begin();
}

int64_t PeerElector::turn_after(BrokerId id) const {
  const size_t count = config_.voters.size();
  size_t place = 0;
  while (place < count && config_.voters[place].id != id) ++place;
  int64_t turn = 0;
  for (size_t distance = 1; distance < count; ++distance) {
    const BrokerId next = config_.voters[(place + distance) % count].id;
    if (next == config_.self) break;
    turn += is_gone(next) ? 0 : 1;
  }
  return turn;
}

void PeerElector::persisted(uint64_t number) {
  durable_ = std::max(durable_, number);
  while (!held_.empty() && held_.front().needs <= durable_) {
    say(std::move(held_.front().decision));
    held_.pop_front();
  }
}

void PeerElector::emit(ElectorDecision decision) {
  if (held_.empty() && asked_ == durable_) {
    say(std::move(decision));
  } else {
    held_.push_back({std::move(decision), asked_});
  }
}

bool PeerElector::forget_held_nomination() {
  const auto is_nomination = [](const Held& one) { return std::holds_alternative<Nominated>(one.decision); };
  return std::erase_if(held_, is_nomination) > 0;
}

void PeerElector::send_to_all(const std::string& message) {
  for (const Voter& voter : config_.voters) {
    if (voter.id != config_.self) send(voter.id, message);
  }
}

void PeerElector::persist(std::string state) {
  say(Persist{++asked_, std::move(state)});
}

bool PeerElector::outranks(BrokerId a, BrokerId b) const {
  return std::pair(priorities_.at(a), a) > std::pair(priorities_.at(b), b);
}

}  // namespace baton::election
