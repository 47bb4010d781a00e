// The log of a process: one line an event, said for a person who operates it. Thread-safe. spdlog stays behind this door.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace baton::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// Lines below the level are dropped before they are formatted. Default: kInfo.
void set_level(Level level);
bool enabled(Level level);
// Sends lines to this file (appending) instead of standard error.
void open_file(const std::string& path);
void write(Level level, std::string_view line);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug)) write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarn)) write(Level::kWarn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace baton::log
