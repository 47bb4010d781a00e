// Where an elector's messages leave and arrive. It says in each for which cluster, by which algorithm and in which life its sender speaks,
// and lets nobody be heard who is none of the voters, or speaks for another cluster or algorithm, or whose life is proven to be over: what
// the dead said before may still be on its way.
//
// A proof of death is passed on to all, ahead of what the elector says next. So nobody holds an election up because it has not seen
// the end of the connection yet.
//
// Pure; single-threaded. Part of the node.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/election/elector.h"
#include "controller/runtime/peer_links.h"

namespace baton::node {

struct PeerDeskConfig {
  BrokerId self;
  std::string elector;               // the word of controller.election
  std::vector<VoterAddress> voters;  // this process among them
  Duration patience{};               // an answer that is owed for so long does not come any more
};

class PeerDesk {
 public:
  explicit PeerDesk(PeerDeskConfig config);

  void start(Instant now, Effects& out) { links_.start(now, out); }
  // Nobody is heard, and nothing said, before the cluster is known.
  void join(const std::string& cluster_id) { cluster_id_ = cluster_id; }
  void become(const Incarnation& incarnation) { incarnation_ = incarnation; }

  void say(Instant now, BrokerId to, std::string message, Effects& out);
  // This life is over: what comes of it from now on is not heard. What the elector is to be told; no id where that process is known to
  // live on, or again, under another name.
  election::DeathProven over(BrokerId id, const Incarnation& incarnation);
  // To everybody else.
  void spread(Instant now, BrokerId id, const Incarnation& incarnation, Effects& out);

  // A request that bears an ElectorMessage: answered here. What comes of it, if it may be heard.
  struct Heard {
    BrokerId from;
    std::string message;
    std::optional<control::ProvenDeath> death;  // instead of a message
  };
  std::optional<Heard> take(Instant now, StreamId stream, const control::Request& request, Effects& out);

  // Streams that this process dialled.
  bool owns(StreamId stream) const { return links_.owns(stream); }
  void connected(Instant now, StreamId stream) { links_.connected(now, stream); }
  void answered(StreamId stream, const control::Response& response);
  void closed(Instant now, StreamId stream) { links_.closed(now, stream); }
  void woken(Instant now, Effects& out) { links_.woken(now, out); }
  Instant wake_at() const { return links_.wake_at(); }

  // What is kept beside this state, as bytes for the file (election_memory.h).
  std::string remembered(const std::string& state) const;

 private:
  control::Request addressed() const;
  // Empty: it may be heard.
  std::string refusal(const control::ElectorMessage& message) const;
  bool is_voter(BrokerId id) const;
  bool first_time(const std::string& what) { return complained_.insert(what).second; }

  const PeerDeskConfig config_;
  PeerLinks links_;
  std::string cluster_id_;
  Incarnation incarnation_;
  std::map<BrokerId, Incarnation> lives_;  // as last heard
  std::set<Incarnation> over_;
  std::set<std::string> complained_;  // each thing is said once
};

}  // namespace baton::node
