#include "tests/simulation/network.h"

#include <algorithm>
#include <cstdlib>

#include "base/mutants.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
constexpr Duration kRetry = milliseconds(5);

}  // namespace

void Network::attach(int id, Process process) {
  processes_[id] = std::move(process);
}

void Network::connect(int from, node::StreamId stream, const std::string& host) {
  const int to = std::atoi(host.c_str() + 1);
  const ConnectionId id = ++last_;
  Connection& connection = connections_[id];
  connection.ends[0] = {from, stream, true, {}, {}};
  connection.ends[1] = {to, last_accepted_ += 2, true, {}, {}};
  by_stream_[{from, stream}] = id;
  by_stream_[{to, connection.ends[1].stream}] = id;
  if (!links_.both(from, to)) return;  // no answer at all: whoever asked gives up by itself
  const bool listening = processes_.contains(to) && processes_[to].alive();
  if (!listening) connection.ends[1].open = false;
  arrive(id, 0, listening ? node::Event(node::StreamConnected{stream}) : node::Event(node::StreamClosed{stream}));
}

void Network::send(int from, node::StreamId stream, control::Frame frame) {
  auto found = by_stream_.find({from, stream});
  if (found == by_stream_.end()) return;
  Connection& connection = connections_.at(found->second);
  const int to = connection.ends[0].process == from && connection.ends[0].stream == stream ? 1 : 0;
  if (!connection.ends[1 - to].open) return;
  if (sent) sent(from, connection.ends[to].process, frame);
  arrive(found->second, to, node::FrameReceived{connection.ends[to].stream, std::move(frame)});
}

// In order, later while the link is cut, never after the end was closed.
void Network::arrive(ConnectionId id, int end, node::Event event) {
  End& at = connections_.at(id).ends[end];
  at.queue.push_back(std::move(event));
  at.next = std::max(at.next + std::chrono::nanoseconds(1), scheduler_.now() + latency());
  scheduler_.at(at.next, [this, id, end] { drain(id, end); });
}

void Network::drain(ConnectionId id, int end) {
  End& here = connections_.at(id).ends[end];
  const End& there = connections_.at(id).ends[1 - end];
  if (!here.open || here.queue.empty() || !processes_[here.process].alive()) return;
  if (!links_.open(there.process, here.process)) {
    scheduler_.after(kRetry, [this, id, end] { drain(id, end); });
    return;
  }
  node::Event event = std::move(here.queue.front());
  here.queue.pop_front();
  const auto* frame = std::get_if<node::FrameReceived>(&event);
  if (frame != nullptr && frame->frame.has_delta() && !frame->frame.delta().snapshot() && lose_delta_.erase(here.process) > 0) {
    ++lost_deltas_;
    return;
  }
  if (frame != nullptr) tell(connections_.at(id), end, frame->frame);
  if (std::holds_alternative<node::StreamClosed>(event)) here.open = false;
  processes_[here.process].deliver(std::move(event));
}

void Network::tell(Connection& connection, int end, const control::Frame& frame) {
  if (told) told(connection.ends[1 - end].process, connection.ends[end].process, frame);
  if (frame.has_stream_hello()) connection.opened_by = frame.stream_hello().incarnation();
  // Where nobody said hello, nobody is ruled: candidates and operators talk without one.
  if (ruled && !connection.opened_by.empty() && (frame.has_delta() || frame.has_response() || frame.has_ping()))
    ruled(connection.ends[end].process, connection.opened_by);
}

void Network::close(int from, node::StreamId stream) {
  auto found = by_stream_.find({from, stream});
  if (found == by_stream_.end()) return;
  Connection& connection = connections_.at(found->second);
  const int own = connection.ends[0].process == from && connection.ends[0].stream == stream ? 0 : 1;
  if (!connection.ends[own].open) return;
  connection.ends[own].open = false;
  End& other = connection.ends[1 - own];
  if (other.open) arrive(found->second, 1 - own, node::StreamClosed{other.stream});
}

void Network::killed(int id) {
  for (auto& [number, connection] : connections_) {
    for (int end = 0; end < 2; ++end) {
      if (connection.ends[end].process == id) close(id, connection.ends[end].stream);
    }
  }
  for (auto& [pair, watch] : watches_) {
    if (pair.first == id && watch.established) ended(id, pair.second, watch.incarnation, false);
    if (pair.second == id) watch.established = false;
  }
  wanted_.erase(id);
}

void Network::watched_by(int watched, const node::WatchedBy& peers) {
  std::set<int>& wanted = wanted_[watched];
  wanted.clear();
  for (const node::WatchedBy::Peer& peer : peers.peers) {
    const int watcher = std::atoi(peer.host.c_str() + 1);
    if (watcher == watched) continue;
    wanted.insert(watcher);
    establish(watched, watcher, processes_[watched].incarnation());
  }
}

void Network::establish(int watched, int watcher, Incarnation incarnation) {
  Watch& watch = watches_[{watched, watcher}];
  if (watch.established && watch.incarnation == incarnation) return;
  scheduler_.after(latency() * 3, [this, watched, watcher, incarnation] {
    if (!processes_[watched].alive() || processes_[watched].incarnation() != incarnation || !wanted_[watched].contains(watcher)) return;
    Watch& now = watches_[{watched, watcher}];
    if (now.established && now.incarnation == incarnation) return;
    if (!links_.both(watched, watcher) || !processes_.contains(watcher) || !processes_[watcher].alive()) {
      scheduler_.after(milliseconds(20), [this, watched, watcher, incarnation] { establish(watched, watcher, incarnation); });
      return;
    }
    now = {incarnation, true};
  });
}

void Network::became(int watched, Incarnation former) {
  for (auto& [pair, watch] : watches_) {
    if (pair.first != watched || !watch.established || watch.incarnation != former) continue;
    watch.established = false;
    ended(watched, pair.second, former, false);
    establish(watched, pair.second, processes_[watched].incarnation());
  }
}

void Network::forge_reset(int watched, int watcher) {
  auto found = watches_.find({watched, watcher});
  if (found == watches_.end() || !found->second.established) return;
  const Incarnation incarnation = found->second.incarnation;
  found->second.established = false;
  ended(watched, watcher, incarnation, true);
  scheduler_.after(milliseconds(50), [this, watched, watcher, incarnation] { establish(watched, watcher, incarnation); });
}

void Network::ended(int watched, int watcher, Incarnation incarnation, bool by_reset) {
  watches_[{watched, watcher}].established = false;
  scheduler_.after(latency(), [this, watched, watcher, incarnation, by_reset] {
    if (by_reset || links_.both(watched, watcher)) reconnect(watched, watcher, incarnation, by_reset, 20);
  });
}

// What the watcher makes of it: proof is EOF and a refusal, or another incarnation answering; a reset never is (R6).
void Network::reconnect(int watched, int watcher, Incarnation incarnation, bool by_reset, int tries) {
  if (!processes_.contains(watcher) || !processes_[watcher].alive()) return;
  if (by_reset) {
    if (BATON_MUTANT(reset_taken_for_proof)) processes_[watcher].deliver(node::DeathProven{BrokerId(watched), incarnation});
    return;
  }
  if (!links_.both(watched, watcher)) return;
  const bool refused = !processes_[watched].alive();
  const bool another = !refused && processes_[watched].incarnation() != incarnation;
  if (refused || another) {
    processes_[watcher].deliver(node::DeathProven{BrokerId(watched), incarnation});
  } else if (tries > 0) {
    scheduler_.after(milliseconds(1),
                     [this, watched, watcher, incarnation, tries] { reconnect(watched, watcher, incarnation, false, tries - 1); });
  }
}

}  // namespace baton::simulation
