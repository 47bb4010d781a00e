// What every broker of a cluster says of one topic, asked by Kafka's protocol and so of any broker that speaks it: who leads each
// partition (Metadata), and whether that leader answers for it (ListOffsets).
//
// Threading: each call asks its brokers at once, each from a thread of its own, and returns when all have been waited for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/protocol/messages/metadata.h"
#include "cli/client/connection.h"

namespace baton::bench {

using Partitions = std::vector<protocol::MetadataResponse::Partition>;

struct View {
  Partitions partitions;
  std::vector<protocol::MetadataResponse::Broker> brokers;
};

Result<View> view_of(const client::Address& broker, const std::string& topic, client::Deadline deadline);

// Until each of the brokers shows a view that satisfies `wanted`: when (CLOCK_BOOTTIME, ns) the last of them did.
Result<int64_t> when_all_show(const std::vector<client::Address>& brokers, const std::string& topic,
                              const std::function<bool(const Partitions&)>& wanted, client::Deadline deadline);
// The same, of the first that does.
Result<int64_t> when_one_shows(const std::vector<client::Address>& brokers, const std::string& topic,
                               const std::function<bool(const Partitions&)>& wanted, client::Deadline deadline);

// Until every leader answers for all that it leads: when the last of them did.
Result<int64_t> when_all_serve(const View& view, const std::string& topic, client::Deadline deadline);

int64_t boottime_ns();

}  // namespace baton::bench
