#include "broker/metrics/serving/shard_numbers.h"

#include <algorithm>
#include <cctype>

namespace baton::metrics {
namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& letter : out) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return out;
}

void count_led(const Replica& replica, ShardNumbers& numbers) {
  if (replica.role() != ReplicaRole::kLeader) return;
  const Leadership& leadership = replica.leadership();
  const size_t isr = leadership.state.isr.size();
  const size_t replicas = leadership.state.replicas.size();
  const size_t minimum = std::min(static_cast<size_t>(std::max(1, leadership.min_insync_replicas)), replicas);
  ++numbers.led;
  numbers.under_replicated += isr < replicas;
  numbers.under_minimum += isr < minimum;
  numbers.at_minimum += isr == minimum;
}

}  // namespace

ShardNumbers numbers_of(const Shard& shard) {
  ShardNumbers numbers;
  numbers.counters = shard.counters();
  for (const auto& [partition, hosted] : shard.hosted()) {
    ++numbers.partitions;
    numbers.failed += hosted->replica.failed();
    count_led(hosted->replica, numbers);
    if (hosted->replica.role() == ReplicaRole::kFollower) numbers.lag_max = std::max(numbers.lag_max, hosted->lag);
    Traffic& traffic = numbers.by_topic[hosted->topic];
    traffic.messages_in += hosted->traffic.messages_in;
    traffic.bytes_in += hosted->traffic.bytes_in;
    traffic.bytes_out += hosted->traffic.bytes_out;
  }
  return numbers;
}

void ShardNumbers::add(const ShardNumbers& other) {
  partitions += other.partitions;
  led += other.led;
  under_replicated += other.under_replicated;
  under_minimum += other.under_minimum;
  at_minimum += other.at_minimum;
  failed += other.failed;
  lag_max = std::max(lag_max, other.lag_max);
  for (const auto& [topic, traffic] : other.by_topic) {
    Traffic& sum = by_topic[topic];
    sum.messages_in += traffic.messages_in;
    sum.bytes_in += traffic.bytes_in;
    sum.bytes_out += traffic.bytes_out;
  }
  counters.isr_shrinks += other.counters.isr_shrinks;
  counters.isr_expands += other.counters.isr_expands;
  counters.failed_isr_updates += other.counters.failed_isr_updates;
  for (const auto& [error, count] : other.counters.fenced) counters.fenced[error] += count;
}

void ShardNumbers::expose(Exposition& out) const {
  const auto add = [&out](const std::string& name, auto value) { out.add(name, static_cast<double>(value)); };
  const std::string manager = "kafka_server_replicamanager_";
  add(manager + "partitioncount", partitions);
  add(manager + "leadercount", led);
  add(manager + "underreplicatedpartitions", under_replicated);
  add(manager + "underminisrpartitioncount", under_minimum);
  add(manager + "atminisrpartitioncount", at_minimum);
  add(manager + "offlinereplicacount", failed);
  add(manager + "isrshrinks_total", counters.isr_shrinks);
  add(manager + "isrexpands_total", counters.isr_expands);
  add(manager + "failedisrupdates_total", counters.failed_isr_updates);
  add("kafka_server_replicafetchermanager_maxlag", lag_max);
  add("kafka_log_logmanager_offlinelogdirectorycount", failed > 0);
  for (const auto& [topic, traffic] : by_topic) {
    const std::string of = "kafka_server_brokertopicmetrics_";
    out.add(of + "messagesin_total", static_cast<double>(traffic.messages_in), {{"topic", topic}});
    out.add(of + "bytesin_total", static_cast<double>(traffic.bytes_in), {{"topic", topic}});
    out.add(of + "bytesout_total", static_cast<double>(traffic.bytes_out), {{"topic", topic}});
  }
  for (const auto& [error, count] : counters.fenced) {
    out.add("baton_fenced_requests_total", static_cast<double>(count), {{"reason", lower_case(name_of(error))}});
  }
}

}  // namespace baton::metrics
