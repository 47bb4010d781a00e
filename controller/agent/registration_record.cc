#include "controller/agent/registration_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace baton::agent {

control::Registration registration_record(const Config& config, const Incarnation& incarnation, const Incarnation& predecessor) {
  control::Registration record;
  record.set_broker_id(config.id.value());
  record.set_incarnation(std::string(incarnation.raw()));
  if (!predecessor.is_none()) record.set_predecessor(std::string(predecessor.raw()));
  record.set_data_directory(std::string(config.data_directory.id.raw()));
  record.set_boot_id(config.data_directory.boot_id);
  record.set_lock_inode(config.data_directory.lock_inode);
  record.set_local_file_system(config.data_directory.local_file_system);
  record.set_life(control::Registration::LIVE);
  for (const Endpoint& endpoint : config.endpoints) {
    control::Endpoint* to = record.add_endpoints();
    to->set_listener(endpoint.listener);
    to->set_host(endpoint.host);
    to->set_port(endpoint.port);
    to->set_security_protocol(endpoint.security_protocol);
  }
  record.set_control_host(config.control_host);
  record.set_control_port(config.control_port);
  record.set_rack(config.rack);
  record.set_metadata_version(config.metadata_version);
  return record;
}

std::string broker_json(const Config& config) {
  nlohmann::ordered_json json;
  json["version"] = 5;
  json["host"] = config.endpoints.empty() ? std::string() : config.endpoints.front().host;
  json["port"] = config.endpoints.empty() ? -1 : config.endpoints.front().port;
  json["jmx_port"] = -1;
  json["timestamp"] = std::to_string(config.started_wall_ms);
  auto endpoints = nlohmann::ordered_json::array();
  auto protocols = nlohmann::ordered_json::object();
  for (const Endpoint& endpoint : config.endpoints) {
    endpoints.push_back(fmt::format("{}://{}:{}", endpoint.listener, endpoint.host, endpoint.port));
    protocols[endpoint.listener] = endpoint.security_protocol;
  }
  json["endpoints"] = endpoints;
  if (!config.rack.empty()) json["rack"] = config.rack;
  json["listener_security_protocol_map"] = protocols;
  json["features"] = nlohmann::ordered_json::object();
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool restarted_on_same_machine(const control::Registration& former, const DataDirectory& own) {
  return own.local_file_system && former.local_file_system() &&           //
         !own.id.is_none() && former.data_directory() == own.id.raw() &&  //
         !own.boot_id.empty() && former.boot_id() == own.boot_id &&       //
         own.lock_inode != 0 && former.lock_inode() == own.lock_inode;
}

std::string cluster_json(std::string_view cluster_id) {
  nlohmann::ordered_json json;
  json["version"] = "1";
  json["id"] = cluster_id;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> parse_cluster(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("id") || !json["id"].is_string()) return std::nullopt;
  return json["id"].get<std::string>();
}

}  // namespace baton::agent
