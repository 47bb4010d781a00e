#include "base/logging.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace baton::log {
namespace {

constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%e %-5l %v";

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("baton", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(kPattern);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return instance;
}

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void set_level(Level level) {
  logger()->set_level(native(level));
}
bool enabled(Level level) {
  return logger()->should_log(native(level));
}

void open_file(const std::string& path) {
  auto made = std::make_shared<spdlog::logger>("baton", std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  made->set_pattern(kPattern);
  made->set_level(logger()->level());
  made->flush_on(spdlog::level::debug);
  logger() = made;
}

void write(Level level, std::string_view line) {
  logger()->log(native(level), line);
}

}  // namespace baton::log
