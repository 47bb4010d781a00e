#include "drills/scenarios/load.h"

namespace baton::drills {
namespace {

using Message = std::unique_ptr<rd_kafka_message_t, void (*)(rd_kafka_message_t*)>;

constexpr size_t kRecordBytes = 100;

std::string_view value_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.len};
}

Result<client::KafkaHandle> make_consumer(const std::string& bootstrap, const std::string& topic) {
  Result<client::KafkaHandle> consumer = client::make_kafka(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap},
                                                                                {"group.id", "baton-drill"},
                                                                                {"enable.auto.commit", "false"},
                                                                                {"enable.auto.offset.store", "false"},
                                                                                {"auto.offset.reset", "earliest"},
                                                                                {"enable.partition.eof", "true"},
                                                                                {"fetch.wait.max.ms", "10"}});
  if (!consumer) return consumer;
  rd_kafka_poll_set_consumer(consumer->get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer->get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  return consumer;
}

}  // namespace

KafkaLoad::KafkaLoad(std::string bootstrap, std::string topic, std::string name, std::map<std::string, std::string> settings,
                     std::chrono::microseconds interval)
    : bootstrap_(std::move(bootstrap)),
      topic_(std::move(topic)),
      name_(std::move(name)),
      settings_(std::move(settings)),
      interval_(interval) {}

KafkaLoad::~KafkaLoad() {
  stop();
}

Status KafkaLoad::start() {
  std::map<std::string, std::string> configuration = {
      {"bootstrap.servers", bootstrap_}, {"acks", "all"}, {"enable.idempotence", "true"}, {"message.timeout.ms", "60000"}};
  for (const auto& [key, value] : settings_) configuration[key] = value;
  auto callbacks = [](rd_kafka_conf_t* conf, void* self) {
    rd_kafka_conf_set_opaque(conf, self);
    rd_kafka_conf_set_dr_msg_cb(
        conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) { static_cast<KafkaLoad*>(opaque)->delivered(*message); });
  };
  Result<client::KafkaHandle> producer = client::make_kafka(RD_KAFKA_PRODUCER, configuration, callbacks, this);
  if (!producer) return tl::unexpected(producer.error());
  producer_ = std::move(*producer);
  thread_ = std::thread([this] { run(); });
  return {};
}

void KafkaLoad::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void KafkaLoad::run() {
  auto due = std::chrono::steady_clock::now();
  for (uint64_t sequence = 1; !stopping_; ++sequence) {
    std::string value = name_ + " " + std::to_string(sequence);
    value.resize(std::max(value.size(), kRecordBytes), ' ');
    {
      std::lock_guard lock(mutex_);
      deliveries_.push_back({sequence, clock_.now().ns, 0, false, -1});
    }
    auto* word = reinterpret_cast<void*>(sequence);  // NOLINT(performance-no-int-to-ptr): librdkafka hands it back as it is
    rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                      RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_OPAQUE(word), RD_KAFKA_V_END);
    due += interval_;
    // Open loop: what is due is written whether or not anything comes back; only a stall of this thread is skipped.
    due = std::max(due, std::chrono::steady_clock::now() - 10 * interval_);
    do {
      rd_kafka_poll(producer_.get(), 0);
      std::this_thread::sleep_until(std::min(due, std::chrono::steady_clock::now() + std::chrono::microseconds(500)));
    } while (std::chrono::steady_clock::now() < due);
  }
  rd_kafka_flush(producer_.get(), 60'000);
}

void KafkaLoad::delivered(const rd_kafka_message_t& message) {
  auto sequence = reinterpret_cast<uint64_t>(message._private);
  std::lock_guard lock(mutex_);
  Delivery& delivery = deliveries_[sequence - 1];
  delivery.done_ns = clock_.now().ns;
  delivery.acknowledged = message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
  delivery.offset = message.offset;
  acknowledged_ += delivery.acknowledged;
}

std::vector<Delivery> KafkaLoad::deliveries() const {
  std::lock_guard lock(mutex_);
  return deliveries_;
}

std::vector<Delivery> KafkaLoad::settled_since(size_t n) const {
  std::lock_guard lock(mutex_);
  std::vector<Delivery> settled;
  while (n < deliveries_.size() && deliveries_[n].done_ns != 0) settled.push_back(deliveries_[n++]);
  return settled;
}

std::optional<Delivery> KafkaLoad::first_acknowledged(Instant since) const {
  std::lock_guard lock(mutex_);
  std::optional<Delivery> first;
  for (auto at = deliveries_.rbegin(); at != deliveries_.rend() && at->sent_ns >= since.ns; ++at) {
    if (at->acknowledged && (!first || at->done_ns < first->done_ns)) first = *at;
  }
  return first;
}

Status Follower::start() {
  Result<client::KafkaHandle> consumer = make_consumer(bootstrap_, topic_);
  if (!consumer) return tl::unexpected(consumer.error());
  consumer_ = std::move(*consumer);
  thread_ = std::thread([this] { run(); });
  return {};
}

void Follower::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (consumer_) rd_kafka_consumer_close(consumer_.get());
  consumer_.reset();
}

void Follower::run() {
  while (!stopping_) {
    Message message(rd_kafka_consumer_poll(consumer_.get(), 50), rd_kafka_message_destroy);
    if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    seen_[message->offset] = value_of(*message);
    ++count_;
  }
}

Result<std::map<int64_t, std::string>> read_all(const std::string& bootstrap, const std::string& topic, std::chrono::milliseconds at_most) {
  Result<client::KafkaHandle> consumer = make_consumer(bootstrap, topic);
  if (!consumer) return tl::unexpected(consumer.error());
  auto deadline = std::chrono::steady_clock::now() + at_most;
  std::map<int64_t, std::string> records;
  bool ended = false;
  while (!ended && std::chrono::steady_clock::now() < deadline) {
    Message message(rd_kafka_consumer_poll(consumer->get(), 100), rd_kafka_message_destroy);
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) records[message->offset] = value_of(*message);
    ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  }
  rd_kafka_consumer_close(consumer->get());
  if (!ended) return fail(ErrorCode::kRequestTimedOut, "the end of " + topic + " was not reached");
  return records;
}

}  // namespace baton::drills
