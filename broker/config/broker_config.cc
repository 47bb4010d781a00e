#include "broker/config/broker_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/logging.h"

namespace baton {
namespace {

// More reactors than this are never made unless asked for: each costs memory and idle wake-ups.
constexpr int kShardsByDefault = 2;

tl::unexpected<Error> invalid(std::string_view key, std::string_view value, std::string_view why) {
  return fail(ErrorCode::kInvalidConfig, fmt::format("{}={}: {}", key, value, why));
}

Result<std::vector<ListenerAddress>> parse_listeners(std::string_view key, const std::vector<std::string>& texts) {
  std::vector<ListenerAddress> found;
  for (auto& text : texts) {
    auto listener = parse_listener(text);
    if (!listener) return invalid(key, text, listener.error().message);
    for (auto& other : found) {
      if (other.name == listener->name) return invalid(key, text, "each listener needs a name of its own");
    }
    found.push_back(std::move(*listener));
  }
  return found;
}

Status settle_listeners(BrokerConfig& config) {
  auto listeners = parse_listeners("listeners", config.settings.list("listeners"));
  if (!listeners) return tl::unexpected(listeners.error());
  config.listeners = std::move(*listeners);
  config.advertised = config.listeners;
  if (config.settings.has("advertised.listeners")) {
    auto advertised = parse_listeners("advertised.listeners", config.settings.list("advertised.listeners"));
    if (!advertised) return tl::unexpected(advertised.error());
    config.advertised = std::move(*advertised);
  }
  auto listens_on = [&](const std::string& name) {
    return std::any_of(config.listeners.begin(), config.listeners.end(), [&](auto& each) { return each.name == name; });
  };
  for (auto& each : config.advertised) {
    if (!listens_on(each.name)) return invalid("advertised.listeners", each.to_string(), "there is no such name in `listeners`");
    if (each.address.host.empty() || each.address.host == "0.0.0.0") each.address.host = "localhost";
  }
  config.inter_broker_listener = config.settings.has("inter.broker.listener.name") ? config.settings.text("inter.broker.listener.name")
                                                                                   : config.advertised.front().name;
  auto advertised = std::any_of(config.advertised.begin(), config.advertised.end(),
                                [&](auto& each) { return each.name == config.inter_broker_listener; });
  if (!advertised) {
    return invalid("inter.broker.listener.name", config.inter_broker_listener, "must be the name of an advertised listener");
  }
  return {};
}

}  // namespace

Result<ListenerAddress> parse_listener(std::string_view text) {
  size_t scheme = text.find("://");
  size_t colon = text.rfind(':');
  if (scheme == std::string_view::npos || scheme == 0 || colon == std::string_view::npos || colon < scheme + 3) {
    return fail(ErrorCode::kInvalidConfig, "must be NAME://host:port");
  }
  ListenerAddress listener;
  listener.name = text.substr(0, scheme);
  std::string_view host = text.substr(scheme + 3, colon - scheme - 3);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  listener.address.host = host;
  std::string_view port = text.substr(colon + 1);
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listener.address.port);
  if (error != std::errc() || end != port.data() + port.size() || listener.address.port < 0 || listener.address.port > 65535) {
    return fail(ErrorCode::kInvalidConfig, "the port must be from 0 to 65535");
  }
  return listener;
}

Result<BrokerConfig> BrokerConfig::make(Settings settings) {
  BrokerConfig config;
  config.settings = std::move(settings);
  config.id = BrokerId(config.settings.int32("broker.id"));
  if (config.id.value() < 0) return invalid("broker.id", std::to_string(config.id.value()), "must be given, from 0 to 2147483647");
  if (!config.settings.has("zookeeper.connect")) return invalid("zookeeper.connect", "", "must be given, host:port[,host:port…][/chroot]");
  if (auto settled = settle_listeners(config); !settled) return tl::unexpected(settled.error());
  if (config.settings.has("metrics.listener")) {
    const std::string metrics(config.settings.text("metrics.listener"));
    auto parsed = parse_listener("HTTP://" + metrics);
    if (!parsed) return invalid("metrics.listener", metrics, "must be host:port");
    config.metrics_listener = parsed->address;
  }
  config.log_directory = config.settings.list("log.dirs").front();
  int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  int wanted = config.settings.given("num.network.threads") ? config.settings.int32("num.network.threads") : kShardsByDefault;
  config.shards = std::min(wanted, cores);
  return config;
}

LogConfig log_config_of(const Settings& broker, const TopicSettings& topic) {
  LogConfig config;
  config.segment_bytes = static_cast<uint32_t>(topic.integer("segment.bytes"));
  config.segment_ms = topic.integer("segment.ms");
  config.retention_ms = topic.integer("retention.ms");
  config.retention_bytes = topic.integer("retention.bytes");
  config.index_interval_bytes = static_cast<uint32_t>(topic.integer("index.interval.bytes"));
  config.max_message_bytes = static_cast<uint32_t>(topic.integer("max.message.bytes"));
  config.timestamp_type =
      topic.text("message.timestamp.type") == "LogAppendTime" ? TimestampType::kLogAppendTime : TimestampType::kCreateTime;
  config.timestamp_before_max_ms = topic.integer("message.timestamp.before.max.ms");
  config.timestamp_after_max_ms = topic.integer("message.timestamp.after.max.ms");
  config.producer_expiration_ms = broker.integer("producer.id.expiration.ms");
  return config;
}

TopicSettings topic_settings_of(const Settings& broker, const std::map<std::string, std::string>& own) {
  auto settings = TopicSettings::make(broker, own);
  if (settings) return std::move(*settings);
  log::warn("a topic's stored configuration is not understood in full: {}", settings.error().message);
  std::map<std::string, std::string> known;
  for (auto& [key, value] : own) {
    if (TopicSettings::make(broker, {{key, value}})) known.emplace(key, value);
  }
  return std::move(*TopicSettings::make(broker, known));
}

}  // namespace baton
