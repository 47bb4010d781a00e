#include "broker/supervision/notices.h"

#include <algorithm>

#include "broker/supervision/progress.h"
#include "controller/messages/control.pb.h"

namespace baton::supervision {

void note_registered(Board& board, BrokerId id, const control::Registered& registered) {
  LifeOnBoard life;
  life.broker_id = id.value();
  std::memcpy(life.incarnation, registered.incarnation().data(), std::min(registered.incarnation().size(), sizeof life.incarnation));
  life.broker_epoch = registered.broker_epoch();
  life.cluster_id.set(registered.cluster_id());
  board.life.publish(life);
  // Watched before it serves: a controller that is no broker has no other thread by which to see that it hangs, and one that is stopped
  // before its first sign of life would never be judged.
  watch_this_thread(board, kManagerThread);
  Phase starting = Phase::kStarting;
  board.phase.compare_exchange_strong(starting, Phase::kServing);
}

void note_candidates(Board& board, const control::Delta& delta) {
  if (!delta.has_candidates() && !delta.snapshot()) return;
  CandidatesOnBoard candidates;
  for (const control::Candidate& candidate : delta.candidates()) {
    if (candidates.count == CandidatesOnBoard::kMost) break;
    CandidatesOnBoard::One& one = candidates.all[candidates.count++];
    one.id = candidate.id();
    one.host.set(candidate.control_host());
    one.port = candidate.control_port();
  }
  board.candidates.publish(candidates);
}

}  // namespace baton::supervision
