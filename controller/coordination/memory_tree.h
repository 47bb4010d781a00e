// The store's server side as a value in memory: what a ZooKeeper would hold and answer, deterministic, without threads,
// time or randomness. It is one linear history: apply() is the moment at which a request takes effect.
//
// A simulator drives it directly:
//   auto session = tree.open_session([&](const WatchFired& fired) { queue_for_the_client(fired); });
//   Reply reply = tree.apply(session, request);   // watches fire inside, before the reply is there
//   tree.expire(session);                         // ephemerals vanish; later calls answer kSessionExpired
// and makes the faults itself:
// - delay: hold a request before apply(), or its reply after it. Requests of one session stay in their order, and so do
//   its watches and replies.
// - lost before: do not apply a request, answer kConnectionLoss. Lost after: apply it, drop the reply, answer the same.
//   A read whose reply is lost is better not applied at all: a real client keeps a watch only if the reply came.
// - cut off: deliver neither replies nor watches; what is in flight is answered kConnectionLoss, watches are delivered at
//   reconnection (a real client sets them again and hears what it missed).
// - expiry: expire() at the server's time; the client hears kExpired only when it reaches the server again.
//
// As in ZooKeeper: a session's opening and its end are transactions of their own, with a zxid each; the sequence counter
// of a parent is an int32 that counts creations below it and wraps to negative numbers; a failed multi leaves no trace.
//
// Not thread-safe. Copying copies the whole tree with its sessions (and their sinks).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controller/coordination/store.h"

namespace baton::store {

using SessionId = int64_t;  // never 0

class MemoryTree {
 public:
  // Called inside apply() and expire(): may only enqueue, and must not call the tree.
  using WatchSink = std::function<void(const WatchFired&)>;

  struct Node {
    std::string data;
    Stat stat;
    int32_t next_sequence = 0;       // for the next sequential child; grows with every child's creation
    std::set<std::string> children;  // names
  };

  MemoryTree();

  SessionId open_session(WatchSink sink);
  bool alive(SessionId session) const { return sessions_.contains(session); }
  Reply apply(SessionId session, const Request& request);
  // The end of a session, by close or by expiry: all its ephemerals go in one transaction. Unknown sessions are ignored.
  void expire(SessionId session);

  // For checkers and tests: looking changes nothing.
  const Node* find(std::string_view path) const;
  int64_t last_zxid() const { return zxid_; }
  // Starts the sequence numbers below an existing node elsewhere, to walk over the overflow.
  void set_next_sequence(const std::string& path, int32_t next);
  // One line a node, in path order: path, version, zxids, owner, data. Equal trees print equal.
  std::string dump() const;

 private:
  struct Transaction;
  struct Session {
    WatchSink sink;
    std::set<std::string> ephemerals;
  };
  using Watchers = std::map<std::string, std::set<SessionId>>;

  Reply read(SessionId session, const Request& request);
  Reply write(SessionId session, const Multi& multi);
  OpResult perform(SessionId session, const Op& op, Transaction& transaction);
  OpResult create(SessionId session, const Create& op, Transaction& transaction);
  OpResult set_data(const SetData& op, Transaction& transaction);
  OpResult remove(const std::string& path, StoreVersion expected, Transaction& transaction);
  OpResult check(const Check& op) const;
  void fire(const Transaction& transaction);
  void fire_one(Watchers& watchers, const WatchFired& fired, std::set<SessionId>& told);

  int64_t zxid_ = 0;
  SessionId last_session_ = 0x1000;
  std::map<std::string, Node, std::less<>> nodes_;
  std::map<SessionId, Session> sessions_;
  Watchers data_watchers_;   // Get, Exists
  Watchers child_watchers_;  // Children
};

}  // namespace baton::store
