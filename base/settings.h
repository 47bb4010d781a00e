// The configuration of a broker and of a topic, typed. Each key is declared once, in settings_keys.h; what is parsed, shown
// (DescribeConfigs), warned about and documented comes from that declaration.
//
//   settings.integer("log.segment.bytes")     a key that is not declared, or not as an integer, does not compile
//
// Immutable once parsed, so any thread may read. Values are as written or the default; a key without either is absent:
// ask has() first (reading an absent one is a bug). Lists are separated by commas.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/properties.h"
#include "base/settings_keys.h"

namespace baton {

namespace settings_detail {
struct Value {
  std::string text;
  int64_t integer = 0;
  double number = 0;
  bool present = false;
  bool given = false;  // in the file, not the default
};
}  // namespace settings_detail

class Settings {
 public:
  // Every default, as with an empty file.
  Settings();
  // Unknown keys draw a warning with the nearest known key; invalid values fail (INVALID_CONFIG) with key, value and
  // allowed range, all of them, a line each. Keys that begin with `baton.internal.` pass unchecked (tests' switches).
  static Result<Settings> parse(const Properties& properties, std::vector<std::string>* warnings);

  int64_t integer(BrokerKey<Kind::kInteger> key) const;
  int32_t int32(BrokerKey<Kind::kInteger> key) const { return static_cast<int32_t>(integer(key)); }
  double number(BrokerKey<Kind::kNumber> key) const;
  bool flag(BrokerKey<Kind::kFlag> key) const;
  // Strings and one-of-several values alike.
  const std::string& text(BrokerKey<Kind::kText> key) const;
  std::vector<std::string> list(BrokerKey<Kind::kList> key) const;
  bool has(AnyBrokerKey key) const { return at(key.index).present; }
  bool given(AnyBrokerKey key) const { return at(key.index).given; }

  // A `baton.internal.` switch; empty when it was not given.
  std::string internal(std::string_view name_after_prefix) const;

  // By position in broker_keys(), for printing and DescribeConfigs.
  const settings_detail::Value& at(size_t index) const { return values_[index]; }
  // Back to properties: what was given, for handing on to the plugin.
  const Properties& given_properties() const { return given_; }

 private:
  std::vector<settings_detail::Value> values_;
  Properties given_;
};

// One topic's effective configuration: its own values over its broker's.
class TopicSettings {
 public:
  // Fails with INVALID_CONFIG on an unknown key or an invalid value. An empty `own` is all of the broker's values.
  static Result<TopicSettings> make(const Settings& broker, const std::map<std::string, std::string>& own);

  int64_t integer(TopicKey<Kind::kInteger> key) const { return at(key.index).integer; }
  double number(TopicKey<Kind::kNumber> key) const { return at(key.index).number; }
  bool flag(TopicKey<Kind::kFlag> key) const { return at(key.index).integer != 0; }
  const std::string& text(TopicKey<Kind::kText> key) const { return at(key.index).text; }
  std::vector<std::string> list(TopicKey<Kind::kList> key) const;
  // By position in topic_keys(); `given`: the topic's own.
  const settings_detail::Value& at(size_t index) const { return values_[index]; }

 private:
  std::vector<settings_detail::Value> values_;
};

// "integer from 1 to 2147483647", "one of delete, compact": what a value may be.
std::string allowed_values(const KeyDeclaration& key);
// The declared broker key that is written most alike, or empty when none is near.
std::string_view nearest_broker_key(std::string_view unknown);
std::string_view nearest_topic_key(std::string_view unknown);

// The tables of the user guide, and a commented broker.properties.
std::string settings_as_markdown();
std::string settings_as_example();

}  // namespace baton
