#include "controller/election/ring.h"

namespace baton::election {

void RingElector::start_election() {
  take_part();
  pass(Direction::kOnward, encode(ring::kAlgorithm, ring::Message(ring::Candidate{self(), 1})));
}

void RingElector::came_by(std::string_view message) {
  const auto known = decode<ring::Message>(ring::kAlgorithm, message);
  if (!known) return;
  const ring::Candidate& candidate = std::get<ring::Candidate>(*known);
  if (candidate.hops < 0 || candidate.hops > hops_max() || !is_voter(candidate.id)) return;
  if (candidate.id == self()) {
    if (standing() && !leading()) become_leader();
    return;
  }
  if (leading()) return tell(candidate.id, ranked::Beat{});  // there is a leader: it only has not heard of it
  if (standing() && ranks_above(self(), candidate.id)) {
    if (!taking_part()) start_election();
    return;
  }
  if (!taking_part()) take_part();
  pass(Direction::kOnward, encode(ring::kAlgorithm, ring::Message(ring::Candidate{candidate.id, candidate.hops + 1})));
}

}  // namespace baton::election
