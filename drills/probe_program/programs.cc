#include "drills/probe_program/programs.h"

#include <signal.h>

#include <atomic>
#include <cstdio>

#include "base/properties.h"
#include "cli/client/kafka_client.h"
#include "drills/scenarios/load.h"

namespace baton::drills {
namespace {

std::atomic<bool> asked_to_stop{false};

// Until a signal or the end of the time; `tick` runs every few milliseconds and once at the end.
void run_until_stopped(int duration_ms, const std::function<void()>& tick) {
  for (int number : {SIGTERM, SIGINT}) signal(number, [](int) { asked_to_stop = true; });
  client::Deadline deadline = client::after(std::chrono::milliseconds(duration_ms));
  while (!asked_to_stop && (duration_ms == 0 || std::chrono::steady_clock::now() < deadline)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    tick();
  }
}

Result<std::map<std::string, std::string>> settings_of(const ProgramOptions& options) {
  std::map<std::string, std::string> settings;
  for (const std::string& text : options.properties) {
    auto property = parse_override(text);
    if (!property) return tl::unexpected(property.error());
    settings.insert(*property);
  }
  return settings;
}

void print(uint64_t sequence, int64_t sent_ns, int64_t done_ns, int broker, int error, int64_t offset) {
  std::printf("%lu %ld %ld %d %d %ld\n", sequence, sent_ns, done_ns, broker, error, offset);
}

struct Counts {
  uint64_t records = 0, bytes = 0, failed = 0;
};

void count_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Counts& counts = *static_cast<Counts*>(opaque);
  bool good = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
  counts.records += good;
  counts.bytes += good ? message->len : 0;
  counts.failed += !good;
}

// Hands over records until the queue is full, a thousand at most, and serves what has come back.
void produce_some(rd_kafka_t* producer, const std::string& topic, std::string& value) {
  for (int i = 0; i < 1000; ++i) {
    rd_kafka_resp_err_t error = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                                  RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) continue;
    rd_kafka_poll(producer, 10);
    break;
  }
  rd_kafka_poll(producer, 0);
}

}  // namespace

Status run_leader(const ProgramOptions& options) {
  Result<std::vector<client::Address>> brokers = client::KafkaClient::parse_bootstrap(options.bootstrap);
  if (!brokers) return tl::unexpected(brokers.error());
  client::Deadline deadline = client::after(std::chrono::milliseconds(options.timeout_ms));
  while (std::chrono::steady_clock::now() < deadline) {
    for (const client::Address& address : *brokers) {
      client::Deadline soon = client::after(std::chrono::milliseconds(500));
      auto connection = client::Connection::open(address, soon);
      if (!connection) continue;
      std::string request = wire::metadata_request(1, options.probe.topic);
      wire::Metadata metadata;
      if (!connection->send_frame(std::string_view(request).substr(4), soon)) continue;
      auto answer = connection->receive_frame(soon);
      if (!answer || answer->size() < 4 || !wire::decode_metadata(std::string_view(*answer).substr(4), options.probe.partition, metadata))
        continue;
      if (metadata.leader < 0 || !metadata.brokers.contains(metadata.leader)) continue;
      std::printf("%d %d %d %d %s\n", metadata.leader, metadata.leader_epoch, metadata.in_sync, metadata.controller,
                  metadata.brokers[metadata.leader].to_string().c_str());
      return {};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return fail(ErrorCode::kRequestTimedOut, "nobody names a leader of " + options.probe.topic);
}

Status run_raw(const ProgramOptions& options) {
  ProbeOptions probe_options = options.probe;
  Result<std::vector<client::Address>> brokers = client::KafkaClient::parse_bootstrap(options.bootstrap);
  if (!brokers) return tl::unexpected(brokers.error());
  probe_options.bootstrap = *brokers;
  RawProbe probe(probe_options);
  probe.start();
  size_t printed = 0;
  auto print_news = [&] {
    std::vector<Outcome> news = probe.outcomes_since(printed);
    for (const Outcome& o : news) print(o.sequence, o.sent_ns, o.done_ns, o.broker, o.error, o.offset);
    printed += news.size();
  };
  run_until_stopped(options.duration_ms, print_news);
  probe.stop();
  print_news();
  if (probe.acknowledged() == 0) return fail(ErrorCode::kRequestTimedOut, "nothing was acknowledged");
  return {};
}

Status run_kafka(const ProgramOptions& options) {
  Result<std::map<std::string, std::string>> settings = settings_of(options);
  if (!settings) return tl::unexpected(settings.error());
  KafkaLoad load(options.bootstrap, options.probe.topic, options.probe.name, *settings);
  if (Status started = load.start(); !started) return started;
  size_t printed = 0;
  // In the order of sequences; what is not settled yet holds up what follows.
  auto print_news = [&] {
    for (const Delivery& d : load.settled_since(printed)) {
      print(d.sequence, d.sent_ns, d.done_ns, -1, d.acknowledged ? 0 : -1, d.offset);
      ++printed;
    }
  };
  run_until_stopped(options.duration_ms, print_news);
  load.stop();
  print_news();
  return {};
}

Status run_perf(const ProgramOptions& options) {
  Result<std::map<std::string, std::string>> settings = settings_of(options);
  if (!settings) return tl::unexpected(settings.error());
  std::map<std::string, std::string> configuration = {{"bootstrap.servers", options.bootstrap},
                                                      {"acks", "all"},
                                                      {"queue.buffering.max.messages", "1000000"},
                                                      {"queue.buffering.max.kbytes", "262144"}};
  for (const auto& [key, value] : *settings) configuration[key] = value;
  Counts counts;
  auto callbacks = [](rd_kafka_conf_t* conf, void* opaque) {
    rd_kafka_conf_set_opaque(conf, opaque);
    rd_kafka_conf_set_dr_msg_cb(conf, count_delivery);
  };
  Result<client::KafkaHandle> producer = client::make_kafka(RD_KAFKA_PRODUCER, configuration, callbacks, &counts);
  if (!producer) return tl::unexpected(producer.error());
  std::string value(options.probe.record_bytes, 'x');
  // Metadata and connections take librdkafka up to a second, which says nothing of the cluster.
  produce_some(producer->get(), options.probe.topic, value);
  rd_kafka_flush(producer->get(), 30'000);
  if (counts.records == 0) return fail(ErrorCode::kRequestTimedOut, "nothing was acknowledged");
  counts = {};
  auto begin = std::chrono::steady_clock::now();
  client::Deadline deadline = client::after(std::chrono::milliseconds(options.duration_ms));
  while (std::chrono::steady_clock::now() < deadline) produce_some(producer->get(), options.probe.topic, value);
  rd_kafka_flush(producer->get(), 60'000);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%lu %lu %.6f\n", counts.records, counts.bytes, seconds);
  if (counts.failed > 0) return fail(ErrorCode::kUnknownServerError, std::to_string(counts.failed) + " records failed");
  return {};
}

}  // namespace baton::drills
