// R6, the watched side: keeps a watch connection open to each process that should be able to prove our death, and reopens
// it whenever it breaks. While this process acts it never closes one: one to a peer that is not wanted any more ends by a
// reset, which proves nothing to that peer. Only after the host has stopped acting is there an EOF.
//
// Threading: on its reactor's thread only.
#pragma once

#include <map>
#include <memory>

#include "controller/runtime/node_events.h"
#include "controller/runtime/watcher.h"

namespace baton::node {

class Watched {
 public:
  // `control`: where a reconnection to this process is tried.
  Watched(network::Reactor& reactor, network::Address control);
  ~Watched();

  // From now on the connections speak for this incarnation: those that spoke for another one are closed and reopened.
  // REQUIRES: the host acts as no other incarnation any more.
  void become(const Self& self);
  // Replaces the set of peers.
  void watched_by(const std::vector<WatchedBy::Peer>& peers);
  // Peers that have answered our hello.
  size_t watching() const;

 private:
  struct Link;
  network::Reactor& reactor_;
  network::Address control_;
  Self self_;
  std::map<Incarnation, std::shared_ptr<Link>> links_;
};

}  // namespace baton::node
