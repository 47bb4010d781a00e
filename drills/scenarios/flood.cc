#include "drills/scenarios/flood.h"

#include <algorithm>
#include <chrono>

#include "cli/client/topic_admin.h"

namespace baton::drills {
namespace {

constexpr int kFlushMs = 60'000;
constexpr std::chrono::milliseconds kTick{5};

}  // namespace

Flood::Flood(FloodOptions options) : options_(std::move(options)), highest_(static_cast<size_t>(options_.partitions), -1) {}

Flood::~Flood() {
  stop();
  if (created_) (void)client::delete_topic(options_.bootstrap, options_.topic, client::after(std::chrono::seconds(20)));
}

Status Flood::start() {
  client::NewTopic topic;
  topic.name = options_.topic;
  topic.partitions = options_.partitions;
  // Gone from the disk soon after the topic is.
  topic.configs = {{"file.delete.delay.ms", "1000"}};
  if (Status created = client::create_topic(options_.bootstrap, topic, client::after(std::chrono::seconds(30))); !created) return created;
  created_ = true;
  auto callbacks = [](rd_kafka_conf_t* conf, void* self) {
    rd_kafka_conf_set_opaque(conf, self);
    rd_kafka_conf_set_dr_msg_cb(
        conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) { static_cast<Flood*>(opaque)->delivered(*message); });
  };
  for (int i = 0; i < options_.producers; ++i) {
    Result<client::KafkaHandle> producer = client::make_kafka(RD_KAFKA_PRODUCER,
                                                              {{"bootstrap.servers", options_.bootstrap},
                                                               {"acks", "all"},
                                                               {"enable.idempotence", "true"},
                                                               {"linger.ms", "1"},
                                                               {"message.timeout.ms", std::to_string(kFlushMs)}},
                                                              callbacks, this);
    if (!producer) return tl::unexpected(producer.error());
    producers_.push_back(std::move(*producer));
  }
  for (client::KafkaHandle& producer : producers_) threads_.emplace_back([this, handle = producer.get()] { run(handle); });
  return {};
}

void Flood::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Flood::run(rd_kafka_t* producer) {
  std::string value(options_.record_bytes, 'f');
  double records_per_tick = static_cast<double>(options_.bytes_per_second) / options_.producers /
                            static_cast<double>(options_.record_bytes) / 1000.0 * kTick.count();
  double due = 0;
  auto next = std::chrono::steady_clock::now();
  while (!stopping_) {
    // What a full queue or a late thread has missed is not made up for: the rate is a ceiling.
    for (due = std::min(due + records_per_tick, 2 * records_per_tick + 1); due >= 1; due -= 1) {
      int error = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(options_.topic.c_str()), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
                                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END);
      if (error != 0) break;
    }
    rd_kafka_poll(producer, 0);
    next = std::max(next + kTick, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
  rd_kafka_flush(producer, kFlushMs);
}

void Flood::delivered(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++failed_;
    return;
  }
  ++acknowledged_;
  std::lock_guard lock(mutex_);
  int64_t& highest = highest_[static_cast<size_t>(message.partition)];
  highest = std::max(highest, message.offset);
}

Result<uint64_t> Flood::lost() const {
  uint64_t lost = 0;
  for (size_t i = 0; i < highest_.size(); ++i) {
    int64_t low = 0, high = 0;
    rd_kafka_resp_err_t error =
        rd_kafka_query_watermark_offsets(producers_.front().get(), options_.topic.c_str(), static_cast<int32_t>(i), &low, &high, 30'000);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(ErrorCode::kRequestTimedOut, "the end of " + options_.topic + " is not told: " + rd_kafka_err2str(error));
    }
    if (highest_[i] >= high) lost += static_cast<uint64_t>(highest_[i] - high + 1);
  }
  return lost;
}

}  // namespace baton::drills
