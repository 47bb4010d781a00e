#include "controller/election/bully.h"

#include <algorithm>

namespace baton::election {

void BullyElector::start_election() {
  doubt_leader();
  phase_ = Phase::kAsking;
  until_ = now_ + timing_.answer;
  bool asked = false;
  for (const Voter& voter : voters()) {
    if (!ranks_above(voter.id, self())) continue;
    send(voter.id, encode(bully::kAlgorithm, bully::Message(bully::Election{})));
    asked = asked || !is_gone(voter.id);  // nobody waits for the answer of the dead
  }
  if (!asked) become_leader();
}

void BullyElector::stop_election() {
  phase_ = Phase::kCalm;
  until_ = Instant::never();
}

void BullyElector::came(BrokerId from, std::string_view message) {
  const auto known = decode<bully::Message>(bully::kAlgorithm, message);
  if (known) std::visit([&](const auto& one) { on(from, one); }, *known);
}

void BullyElector::on(BrokerId from, const bully::Election&) {
  if (!standing() || ranks_above(from, self())) return;  // whoever could not lead does not hold others back
  send(from, encode(bully::kAlgorithm, bully::Message(bully::Answer{})));
  if (leading()) {
    send(from, encode(ranked::kAlgorithm, ranked::Message(ranked::Coordinator{})));
  } else if (phase_ == Phase::kCalm) {
    start_election();
  }
}

void BullyElector::on(BrokerId from, const bully::Answer&) {
  if (phase_ == Phase::kCalm || !ranks_above(from, self())) return;
  phase_ = Phase::kWaiting;
  answered_ = from;
  until_ = now_ + timing_.answer * 3;  // for its own question, and its word
}

void BullyElector::election_woken() {
  if (phase_ == Phase::kAsking) {
    become_leader();
  } else {
    start_election();  // the one that answered died meanwhile
  }
}

void BullyElector::peer_lost(BrokerId id) {
  if (phase_ == Phase::kWaiting && id == answered_) start_election();
  if (phase_ != Phase::kAsking) return;
  const auto may_answer = [this](const Voter& voter) { return ranks_above(voter.id, self()) && !is_gone(voter.id); };
  if (std::none_of(voters().begin(), voters().end(), may_answer)) become_leader();
}

void BullyElector::announce() {
  send_to_all(encode(ranked::kAlgorithm, ranked::Message(ranked::Coordinator{})));
}

}  // namespace baton::election
