#include "controller/runtime/streams.h"

namespace baton::node {

namespace {

constexpr Duration kConnectWithin = std::chrono::seconds(2);

}  // namespace

DialledStreams::~DialledStreams() {
  for (auto& [id, connection] : streams_) connection->close();
}

void DialledStreams::connect(const Connect& wish) {
  const StreamId id = wish.stream;
  ControlConnection::Callbacks callbacks;
  callbacks.on_connected = [this, id] { callbacks_.on_connected(id); };
  callbacks.on_frame = [this, id](control::Frame frame) { callbacks_.on_frame(id, std::move(frame)); };
  callbacks.on_closed = [this, id](ControlConnection::End) {
    streams_.erase(id);
    callbacks_.on_closed(id);
  };
  auto connection = std::make_shared<ControlConnection>(reactor_, std::move(callbacks));
  streams_[id] = connection;
  connection->dial({wish.host, wish.port}, kConnectWithin);
}

void DialledStreams::send(StreamId stream, std::string frame) {
  const auto at = streams_.find(stream);
  if (at != streams_.end()) at->second->send(std::move(frame));
}

void DialledStreams::close(StreamId stream) {
  const auto at = streams_.find(stream);
  if (at == streams_.end()) return;
  const std::shared_ptr<ControlConnection> connection = at->second;
  streams_.erase(at);
  connection->close();
}

}  // namespace baton::node
