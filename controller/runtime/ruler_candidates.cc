// Who stands behind this rule: how far each candidate's image is, and how the rule is put down in good order for one of them.
#include <algorithm>
#include <utility>

#include "controller/runtime/ruler.h"

namespace baton::node {

void Ruler::ask_for_life(StreamId id, Stream& stream) {
  control::Frame frame;
  frame.mutable_ping()->set_nonce(now_.ns);
  frame.mutable_ping()->set_controller_epoch(config_.epoch.value());
  send(id, std::move(frame));
  if (stream.following.last.nonce >= 0) stream.following.before = stream.following.last;
  stream.following.last = {now_.ns, delta_offset_};
}

// Frames are handled in order: whoever answers has applied all that was sent before the question.
void Ruler::heard_pong(StreamId id, Stream& stream, int64_t nonce) {
  Following& following = stream.following;
  for (const Following::Ping& asked : {following.before, following.last}) {
    if (asked.nonce == nonce && nonce >= 0) following.applied = std::max(following.applied, asked.offset);
  }
  heard_applied(id, nonce);
}

void Ruler::release(Instant now, Effects& out) {
  now_ = now;
  out_ = &out;
  held_ = false;
  for (decision::Write& write : std::exchange(held_writes_, {})) {
    decision::Decision decision = std::move(write);
    if (over_.empty()) carry_out(decision);
  }
}

void Ruler::refuse_waiting(Effects& out) {
  out_ = &out;
  for (const auto& [number, asked] : std::exchange(requests_, {})) {
    refuse_request(asked.stream, asked.correlation, ErrorCode::kNotController, "the rule is being handed over: ask the next controller");
  }
}

std::vector<election::Standing> Ruler::standings() const {
  std::vector<election::Standing> queue;
  for (const control::Candidate& candidate : brokers_.candidates()) {
    const Incarnation incarnation(Uuid::from_bytes(candidate.incarnation()));
    election::Standing standing;
    standing.id = BrokerId(candidate.id());
    standing.guid = incarnation.to_string();
    standing.priority = candidate.priority();
    standing.rules = incarnation == config_.incarnation;
    standing.dead = proven_dead_.contains(incarnation);
    for (const auto& [id, stream] : streams_) {
      if (!stream.open || stream.incarnation != incarnation) continue;
      standing.following = true;
      standing.caught_up = stream.following.applied >= stream.following.before.offset;
      standing.following_since = stream.following.since;
    }
    queue.push_back(std::move(standing));
  }
  return queue;
}

void Ruler::describe(Instant now, control::ControllerState& state) const {
  state.set_id(config_.self.value());
  state.set_epoch(config_.epoch.value());
  state.set_ruling_for_ms((now - began_).count() / 1'000'000);
  state.set_metadata_version(controller_.level().value());
  for (BrokerId id : controller_.members().ids()) state.set_brokers(state.brokers() + (controller_.members().live(id) ? 1 : 0));
  const std::vector<election::Standing> queue = standings();
  for (size_t i = 0; i < queue.size(); ++i) {
    control::CandidateState& candidate = *state.add_queue();
    *candidate.mutable_candidate() = brokers_.candidates()[i];
    candidate.set_rules(queue[i].rules);
    candidate.set_streaming(queue[i].following);
    candidate.set_caught_up(queue[i].following && queue[i].caught_up);
    if (queue[i].following) candidate.set_streaming_for_ms((now - queue[i].following_since).count() / 1'000'000);
    candidate.set_proven_dead(queue[i].dead);
  }
}

}  // namespace baton::node
