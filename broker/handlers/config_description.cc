#include "broker/handlers/config_description.h"

#include "base/dynamic_settings.h"
#include "broker/config/broker_config.h"

namespace baton {
namespace {

constexpr int8_t kTopicSource = 1;
constexpr int8_t kBrokerSource = 2;
constexpr int8_t kCommonSource = 3;
constexpr int8_t kFileSource = 4;
constexpr int8_t kDefaultSource = 5;

int8_t type_of(const KeyDeclaration& key) {
  switch (key.kind) {
    case Kind::kFlag:
      return 1;
    case Kind::kInteger:
      return key.max > INT32_MAX ? 5 : 3;
    case Kind::kNumber:
      return 6;
    case Kind::kList:
      return 7;
    case Kind::kText:
      return 2;
  }
  return 2;
}

void add_broker_synonyms(const Settings& broker, std::string_view name, ConfigEntry& entry) {
  size_t index = settings_detail::broker_key_index(name);
  auto& value = broker.at(index);
  if (value.given) entry.synonyms.push_back({std::string(name), value.text, kFileSource});
  auto& key = broker_keys()[index];
  if (!key.absent_by_default()) entry.synonyms.push_back({std::string(name), std::string(key.default_value), kDefaultSource});
}

ConfigEntry entry_of(const KeyDeclaration& key) {
  ConfigEntry entry;
  entry.name = key.name;
  entry.type = type_of(key);
  entry.documentation = key.doc;
  return entry;
}

void add_if_set(const std::map<std::string, std::string>& configs, int8_t source, ConfigEntry& entry) {
  auto found = configs.find(entry.name);
  if (found != configs.end()) entry.synonyms.push_back({entry.name, found->second, source});
}

// The first of its synonyms counts.
void settle(ConfigEntry& entry) {
  if (entry.synonyms.empty()) return;
  entry.value = entry.synonyms.front().value;
  entry.source = entry.synonyms.front().source;
}

}  // namespace

std::vector<ConfigEntry> describe_topic_config(const Settings& broker, const std::map<std::string, std::string>& own) {
  TopicSettings settings = topic_settings_of(broker, own);
  std::vector<ConfigEntry> entries;
  for (size_t i = 0; i < topic_keys().size(); ++i) {
    auto& key = topic_keys()[i];
    ConfigEntry entry;
    entry.name = key.name;
    entry.value = settings.at(i).text;
    entry.type = type_of(declaration_of(key));
    entry.documentation = declaration_of(key).doc;
    if (settings.at(i).given) entry.synonyms.push_back({entry.name, entry.value, kTopicSource});
    for (auto synonym : key.synonyms) {
      if (!synonym.empty()) add_broker_synonyms(broker, synonym, entry);
    }
    if (!entry.synonyms.empty()) entry.source = entry.synonyms.front().source;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<ConfigEntry> describe_broker_config(const Settings& broker, const std::map<std::string, std::string>& own,
                                                const std::map<std::string, std::string>& common) {
  std::vector<ConfigEntry> entries;
  for (size_t i = 0; i < broker_keys().size(); ++i) {
    auto& key = broker_keys()[i];
    auto& value = broker.at(i);
    ConfigEntry entry;
    entry.name = key.name;
    entry.value = value.text;
    entry.present = value.present;
    entry.source = value.given ? kFileSource : kDefaultSource;
    entry.type = type_of(key);
    entry.documentation = key.doc;
    entry.read_only = true;
    add_broker_synonyms(broker, key.name, entry);
    entries.push_back(std::move(entry));
  }
  for (auto& key : dynamic_keys()) {
    ConfigEntry entry = entry_of(key);
    add_if_set(own, kBrokerSource, entry);
    add_if_set(common, kCommonSource, entry);
    if (entry.synonyms.empty()) entry.present = false;
    settle(entry);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<ConfigEntry> describe_common_config(const std::map<std::string, std::string>& common) {
  std::vector<ConfigEntry> entries;
  for (auto& key : dynamic_keys()) {
    ConfigEntry entry = entry_of(key);
    add_if_set(common, kCommonSource, entry);
    if (entry.synonyms.empty()) continue;
    settle(entry);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace baton
