#include "cli/client/kafka.h"

#include "base/logging.h"

namespace baton::client {

Result<KafkaHandle> make_kafka(rd_kafka_type_t type, const std::map<std::string, std::string>& configuration,
                               void (*callbacks)(rd_kafka_conf_t*, void*), void* opaque) {
  char text[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  // A broker that dies is no news here, what happens to the records is; who sets `debug` wants to read all of it.
  if (!configuration.contains("debug")) rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  for (const auto& [key, value] : configuration) {
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK) continue;
    rd_kafka_conf_destroy(conf);
    return fail(ErrorCode::kInvalidConfig, text);
  }
  if (callbacks != nullptr) callbacks(conf, opaque);
  rd_kafka_t* handle = rd_kafka_new(type, conf, text, sizeof text);
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return fail(ErrorCode::kInvalidConfig, text);
  }
  return KafkaHandle(handle);
}

Result<int> partition_count(rd_kafka_t* handle, const std::string& topic, int timeout_ms) {
  std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> named(rd_kafka_topic_new(handle, topic.c_str(), nullptr),
                                                                       rd_kafka_topic_destroy);
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 0, named.get(), &metadata, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(ErrorCode::kNetworkException, rd_kafka_err2str(error));
  Result<int> count = fail(ErrorCode::kUnknownTopicOrPartition, "there is no topic " + topic);
  if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

}  // namespace baton::client
