// The table of handlers: one entry an API, from which ApiVersions is derived. A handler is a function of the services and a
// decoded request; it answers its call now or later.
//
//   void handle_heartbeat(Services& services, CallPtr call, protocol::HeartbeatRequest request);
//   table.add(handler<&handle_heartbeat>());
//
// Threading: the table is built before the server starts and only read then. A handler starts on the thread of the
// connection's reactor, which is that of shard call->home_shard(), and must not block.
#pragma once

#include <map>

#include "base/bytes.h"
#include "base/random.h"
#include "broker/config/broker_config.h"
#include "broker/handlers/call.h"
#include "broker/metadata/image.h"
#include "broker/shards/partition_access.h"

namespace baton {

namespace control {
class Request;
class Response;
}  // namespace control
class HandlerTable;
class ManagerLink;
class ProducerIds;
class ShardSet;
namespace groups {
class GroupService;
}

// What handlers may use. References outlive every call.
struct Services {
  const BrokerConfig& config;
  PartitionAccess& partitions;  // for coordinators
  ShardSet& shards;             // the data path
  ManagerLink& manager;
  groups::GroupService& groups;
  const Clock& clock;
  const HandlerTable& handlers;
  std::vector<ProducerIds>& producer_ids;           // by shard
  std::vector<metrics::RequestCounters>& requests;  // by shard
  // See settled_leaders.h. Longer than the kernel and a busy machine's scheduler take to tell all peers of a dead process; no
  // client minds it once in some minutes.
  Duration thought = std::chrono::milliseconds(5);

  // The cluster as the calling reactor knows it now. REQUIRES: a reactor's thread.
  const ImagePtr& image() const;
  bool is_leader(const TopicPartition& partition) const;  // as of image(); the shard has the last word
};

struct HandlerEntry {
  protocol::Api api;
  void (*handle)(Services& services, CallPtr call, Reader& body) = nullptr;
};

namespace handler_detail {
template <class F>
struct RequestOf;
template <class Request>
struct RequestOf<void (*)(Services&, CallPtr, Request)> {
  using type = Request;
};
}  // namespace handler_detail

template <auto function>
HandlerEntry handler() {
  using Request = typename handler_detail::RequestOf<decltype(function)>::type;
  return {Request::api, [](Services& services, CallPtr call, Reader& body) {
            auto request = protocol::decode_body<Request>(body, call->version());
            if (!request) return call->close(request.error().message);
            function(services, std::move(call), std::move(*request));
          }};
}

class HandlerTable {
 public:
  void add(HandlerEntry entry);
  // Null: not served.
  const HandlerEntry* find(int16_t api_key) const;
  const std::map<int16_t, HandlerEntry>& entries() const { return entries_; }

 private:
  std::map<int16_t, HandlerEntry> entries_;
};

// Every API of broker/handlers, in one table.
HandlerTable all_handlers();

}  // namespace baton
