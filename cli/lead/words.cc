#include "cli/lead/words.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace baton::lead {

std::string since_of(const Fields& leader) {
  const std::time_t seconds = static_cast<std::time_t>(number(leader, "since_ms").value_or(0) / 1000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds));
}

std::string waiting_line(const std::string& name, const View& view, const std::string& guid) {
  const std::optional<size_t> ahead = ahead_of(view, guid);
  const std::string place = ahead ? fmt::format("{} before us", *ahead) : "not in the queue yet";
  if (view.leader) return fmt::format("waiting: {} leads {} since {}, {}", who_of(*view.leader), name, since_of(*view.leader), place);
  const bool runs = view.lease && !view.lease->released;
  return fmt::format("waiting: nobody leads {}{}, {}", name, runs ? ", the last lease has yet to run out" : "", place);
}

}  // namespace baton::lead
