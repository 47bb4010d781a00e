#include "controller/runtime/proof.h"

#include "base/mutants.h"

namespace baton::node {

Proof::Verdict Proof::hello(BrokerId id, const Incarnation& incarnation, const SocketEnd& their_local, const SocketEnd& their_remote,
                            const SocketEnd& seen_peer, const SocketEnd& seen_local) {
  const bool exact = their_local == seen_peer && their_remote == seen_local && !seen_peer.host.empty() && seen_peer.port > 0;
  if (state_ != State::kStranger || id.value() < 0 || incarnation.is_none() || !exact) return over(Verdict::kSilence);
  state_ = State::kVerifying;
  id_ = id;
  incarnation_ = incarnation;
  return Verdict::kReconnect;
}

Proof::Verdict Proof::eof() {
  if (state_ != State::kWatching) return over(Verdict::kSilence);
  state_ = State::kReconnecting;
  reconnects_ = 1;
  return Verdict::kReconnect;
}

Proof::Verdict Proof::reset() {
  if (BATON_MUTANT(reset_taken_for_proof)) return eof();

  return over(Verdict::kSilence);
}
Proof::Verdict Proof::broken() {
  return over(Verdict::kSilence);
}

Proof::Verdict Proof::reconnect_refused() {
  return over(state_ == State::kReconnecting ? Verdict::kProven : Verdict::kSilence);
}

Proof::Verdict Proof::reconnect_answered(const Incarnation& by) {
  if (state_ == State::kVerifying && by == incarnation_) {
    state_ = State::kWatching;
    return Verdict::kWatching;
  }
  const bool other = state_ == State::kReconnecting && !by.is_none() && by != incarnation_;
  return over(other ? Verdict::kProven : Verdict::kSilence);
}

Proof::Verdict Proof::reconnect_ended() {
  if (state_ != State::kReconnecting || reconnects_ >= kReconnectsMax) return over(Verdict::kSilence);
  ++reconnects_;
  return Verdict::kReconnect;
}

Proof::Verdict Proof::reconnect_timed_out() {
  return over(Verdict::kSilence);
}

}  // namespace baton::node
