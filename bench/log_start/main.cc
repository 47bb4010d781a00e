// How long a log takes to open: after an orderly stop, after kill -9 with and without a recovery point, and where nothing is
// trusted (the machine went down). One segment, the worst case; batches of one kilobyte.
//
//   bench-log-start [MEBIBYTES] [DIRECTORY]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/logging.h"
#include "base/posix_file_system.h"
#include "partitions/log/log.h"
#include "partitions/log/record_batch.h"

namespace {

using namespace baton;

constexpr int64_t kNow = 1'700'000'000'000;
constexpr uint64_t kMebibyte = 1 << 20;

LogConfig config() {
  LogConfig config;
  config.segment_bytes = 0x7fff'ffff;
  return config;
}

std::unique_ptr<Log> opened(FileSystem& files, const std::string& path, const RecoveryInfo& info) {
  auto log = Log::open(files, path, config(), info);
  if (log) return std::move(*log);
  fmt::print(stderr, "{}: {}\n", path, log.error().message);
  std::exit(1);
}

void check(const Status& status) {
  if (status) return;
  fmt::print(stderr, "{}\n", status.error().message);
  std::exit(1);
}

void time_start(FileSystem& files, const std::string& path, const char* what, const RecoveryInfo& info) {
  const auto begin = std::chrono::steady_clock::now();
  auto log = opened(files, path, info);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{:<46} {:>9.1f} ms, {:>7.1f} MiB checked\n", what, took.count(),
             static_cast<double>(log->recovery().bytes_checked) / kMebibyte);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t mebibytes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1024;
  const std::string path = std::string(argc > 2 ? argv[2] : "/tmp") + "/baton-log-start";
  PosixFileSystem files;
  check(files.remove_tree(path));
  RecoveryInfo info;
  info.now_ms = kNow;
  auto log = opened(files, path, info);
  const std::string batch = RecordBatchBuilder().add(kNow, std::nullopt, std::string(950, 'v')).build();
  int64_t point = 0;
  const uint64_t tail = 4 * kMebibyte;  // written after the last checkpoint
  while (log->size_bytes() < mebibytes * kMebibyte) {
    std::string copy = batch;
    auto appended = log->append_as_leader(copy, LeaderEpoch(0), kNow);
    if (!appended) check(tl::unexpected(appended.error()));
    const bool due = appended->base_offset % 65536 == 0 && log->size_bytes() + tail < mebibytes * kMebibyte;
    if (due) point = log->checkpoint().value_or(point);
  }
  log.reset();  // as kill -9 does: nothing is said at the end
  fmt::print("{} MiB in one segment\n", mebibytes);
  time_start(files, path, "kill -9, no recovery point", info);
  info.recovery_point = point;
  time_start(files, path, "kill -9, with a recovery point", info);
  info.may_cut_damage = true;
  time_start(files, path, "the machine went down: everything is checked", info);
  info.may_cut_damage = false;
  check(opened(files, path, info)->close());
  info.closed_in_order = true;
  time_start(files, path, "stopped in order", info);
  check(files.remove_tree(path));
}
