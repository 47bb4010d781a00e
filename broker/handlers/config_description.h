// Configuration as clients are shown it: each key's value, where it comes from, and of which kind it is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.h"

namespace baton {

struct ConfigEntry {
  struct Synonym {
    std::string name;
    std::string value;
    int8_t source = 0;
  };
  std::string name;
  std::string value;
  bool present = true;  // false: it has no value, not even a default
  // Kafka's ConfigSource: 1 the topic's own, 2 set for this broker while it runs, 3 for all brokers, 4 the broker's file, 5 the default.
  int8_t source = 5;
  // Kafka's ConfigType: 1 boolean, 2 string, 3 int, 5 long, 6 double, 7 list.
  int8_t type = 2;
  std::vector<Synonym> synonyms;  // from the one that counts down to the default
  std::string_view documentation;
  bool read_only = false;
};

std::vector<ConfigEntry> describe_topic_config(const Settings& broker, const std::map<std::string, std::string>& own);
// `own` and `common`: what was set while brokers run, for this one and for all.
std::vector<ConfigEntry> describe_broker_config(const Settings& broker, const std::map<std::string, std::string>& own,
                                                const std::map<std::string, std::string>& common);
// What was set for all brokers.
std::vector<ConfigEntry> describe_common_config(const std::map<std::string, std::string>& common);

}  // namespace baton
