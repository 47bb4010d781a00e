// librdkafka's handles, owned. For the commands and drills that behave like any user's client.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace baton::client {

struct KafkaDeleter {
  // Waits for librdkafka's threads.
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaDeleter>;

// `callbacks` may set callbacks and opaque on the configuration before the handle is made; it may be empty.
// Error: INVALID_CONFIG with librdkafka's words.
Result<KafkaHandle> make_kafka(rd_kafka_type_t type, const std::map<std::string, std::string>& configuration,
                               void (*callbacks)(rd_kafka_conf_t*, void*) = nullptr, void* opaque = nullptr);

// Partitions of a topic, by the cluster's metadata.
Result<int> partition_count(rd_kafka_t* handle, const std::string& topic, int timeout_ms);

}  // namespace baton::client
