// The control streams that the node asked for: dialled, with the numbers that it chose.
//
// Threading: on its reactor's thread only.
#pragma once

#include <memory>
#include <unordered_map>

#include "controller/runtime/control_connection.h"
#include "controller/runtime/node_events.h"

namespace baton::node {

class DialledStreams {
 public:
  struct Callbacks {
    Function<void(StreamId)> on_connected;
    Function<void(StreamId, control::Frame)> on_frame;
    Function<void(StreamId)> on_closed;
  };
  DialledStreams(network::Reactor& reactor, Callbacks callbacks) : reactor_(reactor), callbacks_(std::move(callbacks)) {}
  ~DialledStreams();

  void connect(const Connect& wish);
  void send(StreamId stream, std::string frame);
  void close(StreamId stream);

 private:
  network::Reactor& reactor_;
  Callbacks callbacks_;
  std::unordered_map<StreamId, std::shared_ptr<ControlConnection>> streams_;
};

}  // namespace baton::node
