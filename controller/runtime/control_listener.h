// The control listener: accepts connections and sorts them by their first frame. Watch connections and their probes are
// dealt with here; control streams and the requests of tools go to the node.
//
// Threading: on its reactor's thread only.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "controller/runtime/node_events.h"
#include "controller/runtime/watcher.h"

namespace baton::node {

class ControlListener {
 public:
  struct Callbacks {
    // Frames of control streams that others have opened to us; ids are even. The first one announces the stream.
    Function<void(StreamId, control::Frame)> on_frame;
    Function<void(StreamId)> on_closed;
    Function<void(BrokerId, const Incarnation&)> on_proven;
  };
  ControlListener(network::Reactor& reactor, network::Fd listener, bool proof_of_death, Callbacks callbacks);
  ~ControlListener();

  // Who answers here from now on.
  void become(const Self& self) { self_ = self; }
  void send(StreamId stream, std::string frame);
  void close(StreamId stream);
  // No new connections; those that stand are kept.
  void stop_listening();

 private:
  // What a stranger may cost: so many connections that have not said yet what they are, for so long.
  static constexpr size_t kStrangersMax = 256;
  static constexpr Duration kFirstFrameWithin = std::chrono::seconds(10);

  struct Accepted {
    std::shared_ptr<ControlConnection> connection;
    std::shared_ptr<Watcher> watcher;  // a watch connection
    std::unique_ptr<network::Timer> first_frame;
    bool stream = false;
  };

  void accept();
  void heard(StreamId id, control::Frame frame);
  void first(StreamId id, Accepted& accepted, control::Frame frame);
  void ended(StreamId id, ControlConnection::End how);
  void over(StreamId id, BrokerId broker, const Incarnation& incarnation, bool proven);

  network::Reactor& reactor_;
  network::Fd listener_;
  std::unique_ptr<network::Watch> watch_;
  network::Timer retry_;
  bool proof_of_death_;
  Callbacks callbacks_;
  Self self_;
  StreamId last_ = 0;
  std::unordered_map<StreamId, Accepted> accepted_;
  size_t strangers_ = 0;
};

}  // namespace baton::node
