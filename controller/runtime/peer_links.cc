#include "controller/runtime/peer_links.h"

#include <algorithm>

namespace baton::node {
namespace {

using std::chrono::milliseconds;

// Odd, as all streams that the node asks for, and apart from the agent's, which count from 1.
constexpr StreamId kStreams = (StreamId{1} << 48) - 1;

constexpr Duration kBackoffFirst = milliseconds(20);
constexpr Duration kBackoffMax = milliseconds(1000);
constexpr Duration kConnectWithin = milliseconds(1000);
// More than an election of many candidates has under way to one of them.
constexpr size_t kUnansweredMax = 128;

}  // namespace

PeerLinks::PeerLinks(const std::vector<VoterAddress>& peers, Duration patience) : patience_(patience), last_stream_(kStreams) {
  for (const VoterAddress& peer : peers) links_[peer.id].peer = peer;
}

void PeerLinks::start(Instant now, Effects& out) {
  for (auto& [id, link] : links_) dial(now, link, out);
}

void PeerLinks::dial(Instant now, Link& link, Effects& out) {
  link.stream = last_stream_ += 2;
  link.connected = false;
  link.dial_at = Instant::never();
  link.give_up_at = now + kConnectWithin;
  link.unanswered.clear();
  by_stream_[link.stream] = link.peer.id;
  out.push_back(Connect{link.stream, link.peer.host, link.peer.port});
}

void PeerLinks::hang_up(Instant now, Link& link) {
  by_stream_.erase(link.stream);
  link.stream = 0;
  link.connected = false;
  link.give_up_at = Instant::never();
  link.unanswered.clear();
  link.backoff = link.backoff == Duration{} ? kBackoffFirst : std::min(link.backoff * 2, kBackoffMax);
  link.dial_at = now + link.backoff;
}

void PeerLinks::send(Instant now, BrokerId to, control::Request request, Effects& out) {
  const auto at = links_.find(to);
  if (at == links_.end() || !at->second.connected || at->second.unanswered.size() >= kUnansweredMax) return;
  request.set_correlation(++last_correlation_);
  at->second.unanswered.push_back({last_correlation_, now});
  control::Frame frame;
  *frame.mutable_request() = std::move(request);
  out.push_back(Send{at->second.stream, std::move(frame)});
}

void PeerLinks::heard_from(Instant now, BrokerId id, Effects& out) {
  const auto at = links_.find(id);
  if (at == links_.end() || at->second.stream != 0) return;
  at->second.backoff = Duration{};
  dial(now, at->second, out);
}

void PeerLinks::connected(Instant, StreamId stream) {
  Link& link = links_.at(by_stream_.at(stream));
  link.connected = true;
  link.give_up_at = Instant::never();
}

void PeerLinks::answered(StreamId stream, uint64_t correlation) {
  Link& link = links_.at(by_stream_.at(stream));
  link.backoff = Duration{};
  while (!link.unanswered.empty() && link.unanswered.front().correlation <= correlation) link.unanswered.pop_front();
}

void PeerLinks::closed(Instant now, StreamId stream) {
  hang_up(now, links_.at(by_stream_.at(stream)));
}

Instant PeerLinks::due(const Link& link) const {
  const Instant answer = link.unanswered.empty() ? Instant::never() : link.unanswered.front().sent + patience_;
  return std::min({link.dial_at, link.give_up_at, answer});
}

void PeerLinks::woken(Instant now, Effects& out) {
  for (auto& [id, link] : links_) {
    if (now < due(link)) continue;
    if (link.stream == 0) {
      dial(now, link, out);
    } else {
      out.push_back(Close{link.stream});
      hang_up(now, link);
    }
  }
}

Instant PeerLinks::wake_at() const {
  Instant earliest = Instant::never();
  for (const auto& [id, link] : links_) earliest = std::min(earliest, due(link));
  return earliest;
}

bool PeerLinks::reaches(BrokerId id) const {
  const auto at = links_.find(id);
  return at != links_.end() && at->second.connected;
}

}  // namespace baton::node
