// A log on the twin disk, and batches to put into it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/logging.h"
#include "base/memory_file_system.h"
#include "partitions/log/log.h"
#include "partitions/log/record_batch.h"

namespace baton {

inline std::string batch_of(int records, int64_t timestamp = 1000, size_t value_bytes = 10) {
  RecordBatchBuilder builder;
  for (int i = 0; i < records; ++i) builder.add(timestamp + i, "k" + std::to_string(i), std::string(value_bytes, 'v'));
  return builder.build();
}

inline std::string idempotent_batch(int64_t producer, int16_t epoch, int32_t sequence, int records = 1) {
  RecordBatchBuilder builder;
  builder.producer(producer, epoch, sequence);
  for (int i = 0; i < records; ++i) builder.add(1000 + i, std::nullopt, "v");
  return builder.build();
}

class LogTest : public testing::Test {
 protected:
  static constexpr int64_t kNow = 1'700'000'000'000;
  MemoryFileSystem files;
  LogConfig config;
  std::unique_ptr<Log> log;

  LogTest() { baton::log::set_level(baton::log::Level::kError); }

  Result<std::unique_ptr<Log>> try_open(bool may_cut_damage = false, int64_t recovery_point = 0) {
    RecoveryInfo info;
    info.may_cut_damage = may_cut_damage;
    info.recovery_point = recovery_point;
    info.now_ms = kNow;
    return Log::open(files, "log", config, info);
  }
  void open(bool may_cut_damage = false, int64_t recovery_point = 0) {
    auto opened = try_open(may_cut_damage, recovery_point);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
  }
  void reopen_after_kill(int64_t recovery_point = 0) {
    log.reset();
    files.kill_process();
    open(false, recovery_point);
  }
  Result<AppendResult> append(std::string batch, int epoch = 0, int64_t now = kNow) {
    return log->append_as_leader(batch, LeaderEpoch(epoch), now);
  }
  // Appends one batch of so many records; its base offset.
  int64_t put(int records, int epoch = 0, int64_t timestamp = 1000, size_t value_bytes = 10) {
    auto result = append(batch_of(records, timestamp, value_bytes), epoch);
    EXPECT_TRUE(result) << result.error().message;
    return result ? result->base_offset : -1;
  }
  std::string bytes_from(int64_t from, size_t max = 1 << 30, int64_t bound = INT64_MAX) {
    auto slice = log->read(from, max, bound);
    EXPECT_TRUE(slice) << slice.error().message;
    if (!slice) return {};
    auto bytes = copy_ranges(slice->ranges);
    EXPECT_TRUE(bytes);
    return bytes ? *bytes : std::string();
  }
  // Base offsets of the batches that a read returns.
  std::vector<int64_t> bases_from(int64_t from, size_t max = 1 << 30, int64_t bound = INT64_MAX) {
    const auto bytes = bytes_from(from, max, bound);
    std::vector<int64_t> bases;
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto batch = check_batch(rest);
      EXPECT_TRUE(batch);
      if (!batch) break;
      bases.push_back(batch->header.base_offset);
      rest.remove_prefix(batch->bytes.size());
    }
    return bases;
  }
};

}  // namespace baton
