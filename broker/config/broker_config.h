// What a broker needs to know of its configuration beyond the single keys: listeners taken apart, and what follows from
// several keys together. Immutable once made; any thread may read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/network/socket.h"
#include "base/settings.h"
#include "partitions/log/log_config.h"

namespace baton {

struct ListenerAddress {
  std::string name;
  network::Address address;
  std::string to_string() const { return name + "://" + address.to_string(); }
};

struct BrokerConfig {
  Settings settings;
  BrokerId id;
  std::vector<ListenerAddress> listeners;
  std::vector<ListenerAddress> advertised;  // same names; port 0: the one that is bound
  std::string inter_broker_listener;
  std::string log_directory;
  std::optional<network::Address> metrics_listener;  // none: /metrics is not served
  int shards = 1;

  // Fails with INVALID_CONFIG and a sentence that names key, value and what is allowed.
  static Result<BrokerConfig> make(Settings settings);
};

// NAME://host:port; an empty host means every interface, brackets stand around an IPv6 address.
Result<ListenerAddress> parse_listener(std::string_view text);

LogConfig log_config_of(const Settings& broker, const TopicSettings& topic);
// A stored configuration that no longer parses (a key of a later release) counts as far as it does.
TopicSettings topic_settings_of(const Settings& broker, const std::map<std::string, std::string>& own);

}  // namespace baton
