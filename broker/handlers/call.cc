#include "broker/handlers/call.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/logging.h"

namespace baton {
namespace {

void count(metrics::RequestCounters& counters, int16_t api_key, Instant began) {
  const Instant now = SystemClock().now();
  counters.answered(api_key, now, now - began);
}

int64_t bytes_of(const FileRanges& ranges) {
  int64_t bytes = 0;
  for (auto& range : ranges) bytes += range.length;
  return bytes;
}

// Cuts the encoded bytes at the gaps and puts the file ranges in between.
network::Message assemble(protocol::Frame encoded, std::vector<FileRanges> files) {
  network::Message message;
  message.sized = true;
  if (encoded.gaps.empty()) {
    message.pieces.emplace_back(std::move(encoded.bytes));
    return message;
  }
  size_t at = 0;
  for (auto& gap : encoded.gaps) {
    BATON_ASSERT(gap.source < files.size() && bytes_of(files[gap.source]) == gap.length);
    if (gap.at > at) message.pieces.emplace_back(encoded.bytes.substr(at, gap.at - at));
    for (auto& range : files[gap.source]) message.pieces.emplace_back(std::move(range));
    at = gap.at;
  }
  if (at < encoded.bytes.size()) message.pieces.emplace_back(encoded.bytes.substr(at));
  return message;
}

}  // namespace

Call::Call(std::shared_ptr<network::Connection> connection, network::Ticket ticket, network::Frame frame, protocol::RequestHeader header,
           std::string listener, int home_shard, metrics::RequestCounters& counters)
    : connection_(std::move(connection)),
      ticket_(ticket),
      frame_(std::move(frame)),
      header_(std::move(header)),
      listener_(std::move(listener)),
      home_shard_(home_shard),
      counters_(counters),
      began_(SystemClock().now()) {}

Call::~Call() {
  if (!answered_) close("");
}

void Call::answer_encoded(Result<protocol::Frame> encoded, std::vector<FileRanges> files, Function<bool()> still_allowed) {
  BATON_ASSERT(!answered_);
  if (!encoded) return close(fmt::format("an answer can not be expressed: {}", encoded.error().message));
  answered_ = true;
  network::Message message = assemble(std::move(*encoded), std::move(files));
  message.still_allowed = std::move(still_allowed);
  if (connection_->reactor().on_thread()) {
    count(counters_, header_.api_key, began_);
    return connection_->respond(ticket_, std::move(message));
  }
  auto& reactor = connection_->reactor();
  reactor.post([connection = std::move(connection_), ticket = ticket_, message = std::move(message), &counters = counters_,
                api_key = header_.api_key, began = began_]() mutable {
    count(counters, api_key, began);
    connection->respond(ticket, std::move(message));
  });
}

void Call::answer_nothing() {
  BATON_ASSERT(!answered_);
  answered_ = true;
  auto connection = connection_;
  connection->reactor().dispatch([connection, ticket = ticket_, &counters = counters_, api_key = header_.api_key, began = began_] {
    count(counters, api_key, began);
    connection->release(ticket);
  });
}

void Call::close(std::string reason) {
  answered_ = true;
  auto connection = connection_;
  if (!connection) return;
  connection->reactor().dispatch([connection, reason = std::move(reason)] { connection->close(reason); });
}

}  // namespace baton
