#include "controller/election/ring_walk.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace baton::election {

namespace walk {

std::string wrap(int64_t serial, std::string_view inner) {
  Writer out;
  out.i8(kEnvelope);
  out.varlong(serial);
  out.bytes(inner);
  return out.take();
}

std::optional<Unwrapped> unwrap(std::string_view bytes) {
  Reader in(bytes);
  if (in.i8() != kEnvelope) return std::nullopt;
  Unwrapped result;
  result.serial = in.varlong();
  if (in.bad()) return std::nullopt;
  result.inner = in.take(static_cast<int64_t>(in.remaining()));
  return result;
}

}  // namespace walk

RingWalk::RingWalk(PeerConfig config) : RankedElector(std::move(config)) {
  while (voters()[place_].id != self()) ++place_;
}

BrokerId RingWalk::neighbour(Direction way) const {
  const size_t count = voters().size();
  for (size_t distance = 1; distance < count; ++distance) {
    const size_t at = way == Direction::kOnward ? place_ + distance : place_ + count - distance;
    const BrokerId id = voters()[at % count].id;
    if (!silent_.contains(id)) return id;
  }
  return self();
}

void RingWalk::pass(Direction way, std::string message) {
  hop(Hop{way, neighbour(way), std::move(message), {}, 1});
}

void RingWalk::hop(Hop next) {
  if (next.to == self()) return deliver(next.message);
  next.until = now_ + timing_.answer;
  send(next.to, walk::wrap(next_serial_, next.message));
  unanswered_.emplace(next_serial_++, std::move(next));
}

void RingWalk::came(BrokerId from, std::string_view message) {
  silent_.erase(from);
  if (const auto plain = decode<walk::Message>(walk::kAlgorithm, message)) {
    if (const auto* ack = std::get_if<walk::Ack>(&*plain)) unanswered_.erase(ack->serial);
    return;
  }
  const auto unwrapped = walk::unwrap(message);
  if (!unwrapped) return;
  send(from, encode(walk::kAlgorithm, walk::Message(walk::Ack{unwrapped->serial})));
  deliver(unwrapped->inner);
}

void RingWalk::deliver(std::string_view message) {
  if (const auto common = decode<walk::Message>(walk::kAlgorithm, message)) {
    if (const auto* elected = std::get_if<walk::Elected>(&*common)) on(*elected);
  } else {
    came_by(message);
  }
}

void RingWalk::on(const walk::Elected& elected) {
  if (elected.leader == self() || elected.hops < 0 || elected.hops >= hops_max() || !is_voter(elected.leader)) return;
  leader_heard(elected.leader);
  if (leader() != elected.leader) return;
  pass(Direction::kOnward, encode(walk::kAlgorithm, walk::Message(walk::Elected{elected.leader, elected.hops + 1})));
}

void RingWalk::take_part() {
  doubt_leader();
  lost_at_ = now_ + patience();
}

void RingWalk::announce() {
  pass(Direction::kOnward, encode(walk::kAlgorithm, walk::Message(walk::Elected{self(), 1})));
}

void RingWalk::peer_lost(BrokerId id) {
  silent_.insert(id);
  for (auto& [serial, hop] : unanswered_) {
    if (hop.to == id) hop.until = now_;
  }
}

void RingWalk::election_woken() {
  std::vector<Hop> late;
  std::erase_if(unanswered_, [&](auto& entry) {
    if (now_ < entry.second.until) return false;
    late.push_back(std::move(entry.second));
    return true;
  });
  for (Hop& one : late) {
    if (one.tries == 1 && !silent_.contains(one.to)) {
      one.tries = 2;
    } else {
      silent_.insert(one.to);
      one.to = neighbour(one.way);
      one.tries = 1;
    }
    hop(std::move(one));
  }
  if (now_ < lost_at_) return;
  lost_at_ = Instant::never();
  // Two who disagree about who is silent walk different rings, and a message may never find home: everybody is asked anew.
  silent_.clear();
  if (standing() && leader() == BrokerId()) start_election();
}

Instant RingWalk::election_due() const {
  Instant due = lost_at_;
  for (const auto& [serial, hop] : unanswered_) due = std::min(due, hop.until);
  return due;
}

}  // namespace baton::election
