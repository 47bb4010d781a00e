#include "broker/shards/load_report.h"

#include <cmath>

#include "controller/messages/control.pb.h"

namespace baton {
namespace {

// Of a rate, how much of it each look forgets.
constexpr double kForget = 0.5;

bool changed_much(int64_t told, int64_t now) {
  return std::abs(now - told) * 4 > told;
}

}  // namespace

void LoadReport::begin(Instant now) {
  looked_at_ = now_;
  now_ = now;
  ++look_;
}

void LoadReport::note(const TopicPartition& partition, uint64_t bytes) {
  if (bytes == 0) return;  // most partitions of a large cluster are not used at all, and cost nothing here
  auto [at, fresh] = partitions_.try_emplace(partition);
  Partition& of = at->second;
  const double seconds = std::chrono::duration<double>(now_ - looked_at_).count();
  // Led anew since the last look, or seen for the first time: there is nothing yet to measure from.
  const bool known = !fresh && of.look + 1 == look_ && seconds > 0;
  const double rate = known ? static_cast<double>(bytes - of.bytes) / seconds : 0;
  of.rate = known ? of.rate * kForget + rate * (1 - kForget) : 0;
  of.bytes = bytes;
  of.look = look_;
}

void LoadReport::tell(const TopicPartition& partition, Partition& of, control::LoadReport& report) const {
  const auto rate = std::llround(of.rate);
  const int64_t now = rate < kLeast ? 0 : rate;
  const bool all = all_at_ <= now_;
  if (now == of.told ? !all || now == 0 : !all && !changed_much(of.told, now)) return;
  of.told = now;
  control::PartitionLoad& load = *report.add_partitions();
  load.set_topic_id(std::string(partition.topic.raw()));
  load.set_partition(partition.index.value());
  load.set_bytes_per_s(now);
}

bool LoadReport::end(control::LoadReport& report) {
  std::erase_if(partitions_, [this](const auto& each) { return each.second.look != look_; });
  const bool all = all_at_ <= now_;
  for (auto& [partition, of] : partitions_) tell(partition, of, report);
  if (all) all_at_ = now_ + kAllEvery;
  const int64_t append_us = appends_ == 0 ? -1 : std::chrono::duration_cast<std::chrono::microseconds>(append_sum_).count() / appends_;
  report.set_append_us(append_us);
  append_sum_ = {};
  appends_ = 0;
  // That nothing is appended any more is told once.
  const bool news = append_us != -1 || append_told_us_ != -1;
  append_told_us_ = append_us;
  return news || report.partitions_size() > 0;
}

}  // namespace baton
