#include "controller/agent/controller_location.h"

#include <nlohmann/json.hpp>

namespace baton::agent {

std::string to_json(const ControllerLocation& location, int64_t wall_ms) {
  nlohmann::ordered_json json;
  json["version"] = 2;
  json["brokerid"] = location.id.value();
  json["timestamp"] = std::to_string(wall_ms);
  json["kraftControllerEpoch"] = -1;
  json["host"] = location.host;
  json["port"] = location.port;
  json["epoch"] = location.epoch.value();
  json["incarnation"] = location.incarnation.to_string();
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<ControllerLocation> parse_controller(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto number = [&](const char* key) -> std::optional<int32_t> {
    const auto at = json.find(key);
    if (at == json.end() || !at->is_number_integer()) return std::nullopt;
    return at->get<int32_t>();
  };
  const auto words = [&](const char* key) -> std::string {
    const auto at = json.find(key);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto id = number("brokerid");
  const auto port = number("port");
  const auto epoch = number("epoch");
  const auto incarnation = Uuid::parse(words("incarnation"));
  const std::string host = words("host");
  if (!id || !port || !epoch || !incarnation || host.empty() || *port <= 0 || *port > 65535) return std::nullopt;
  return ControllerLocation{BrokerId(*id), ControllerEpoch(*epoch), Incarnation(*incarnation), host, *port};
}

}  // namespace baton::agent
