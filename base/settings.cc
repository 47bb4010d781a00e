#include "base/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/assert.h"

namespace baton {
namespace {

using settings_detail::Value;

constexpr std::string_view kInternalPrefix = "baton.internal.";

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

bool is_one_of(std::string_view value, std::string_view allowed) {
  const auto items = split_list(allowed);
  return std::find(items.begin(), items.end(), value) != items.end();
}

bool is_replica_name(std::string_view item) {
  const size_t colon = item.find(':');
  auto digits = [](std::string_view text) {
    return !text.empty() && text.size() <= 10 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return colon != std::string_view::npos && digits(item.substr(0, colon)) && digits(item.substr(colon + 1));
}

// None at all is what is left when the last one is taken out.
bool are_replica_names(std::string_view text, const std::vector<std::string>& items) {
  return text == "*" || std::all_of(items.begin(), items.end(), [](const std::string& item) { return is_replica_name(item); });
}

template <class T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// nullopt: not a value that this key may have.
std::optional<Value> parse_value(const KeyDeclaration& key, std::string_view text) {
  Value value{.text = std::string(text), .present = true};
  switch (key.kind) {
    case Kind::kInteger: {
      const auto parsed = whole<int64_t>(text);
      if (!parsed || *parsed < key.min || *parsed > key.max) return std::nullopt;
      value.integer = *parsed;
      return value;
    }
    case Kind::kNumber: {
      const auto parsed = whole<double>(text);
      if (!parsed || !std::isfinite(*parsed) || *parsed < static_cast<double>(key.min) || *parsed > static_cast<double>(key.max))
        return std::nullopt;
      value.number = *parsed;
      return value;
    }
    case Kind::kFlag:
      if (text != "true" && text != "false") return std::nullopt;
      value.integer = text == "true";
      return value;
    case Kind::kText:
      if (!key.one_of.empty() && !is_one_of(text, key.one_of)) return std::nullopt;
      return value;
    case Kind::kList: {
      const auto items = split_list(text);
      if (key.one_of == kReplicaNames) return are_replica_names(text, items) ? std::optional(value) : std::nullopt;
      if (items.empty()) return std::nullopt;
      const bool allowed =
          key.one_of.empty() || std::all_of(items.begin(), items.end(), [&](auto& item) { return is_one_of(item, key.one_of); });
      return allowed ? std::optional(value) : std::nullopt;
    }
  }
  return std::nullopt;
}

// Levenshtein's distance, in one row.
size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  for (size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

template <class Keys>
std::string_view nearest(Keys keys, std::string_view unknown) {
  if (unknown.size() > 200) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, unknown.size() / 3) + 1;
  for (const auto& key : keys) {
    const size_t distance = edit_distance(unknown, key.name);
    if (distance < best_distance) {
      best = key.name;
      best_distance = distance;
    }
  }
  return best;
}

template <class Keys>
std::optional<size_t> find_index(Keys keys, std::string_view name) {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].name == name) return i;
  }
  return std::nullopt;
}

std::string invalid(std::string_view name, std::string_view value, const KeyDeclaration& key) {
  return fmt::format("{}={}: wanted {}", name, value, allowed_values(key));
}

// Rules that join two keys.
void check_together(const Settings& settings, std::vector<std::string>& errors) {
  const int64_t lease = settings.integer("leader.lease.ms");
  const int64_t renew = settings.integer("leader.lease.renew.ms");
  if (renew * 2 > lease)
    errors.push_back(fmt::format("leader.lease.renew.ms={}: wanted at most half of leader.lease.ms, {}", renew, lease / 2));
  const int64_t suspect = settings.integer("controller.election.suspect.ms");
  const auto half_of_suspect = [&](std::string_view key, int64_t value) {
    if (value * 2 <= suspect) return;
    errors.push_back(fmt::format("{}={}: wanted at most half of controller.election.suspect.ms, {}", key, value, suspect / 2));
  };
  half_of_suspect("controller.election.beat.ms", settings.integer("controller.election.beat.ms"));
  half_of_suspect("controller.election.answer.ms", settings.integer("controller.election.answer.ms"));
  if (settings.integer("group.min.session.timeout.ms") > settings.integer("group.max.session.timeout.ms"))
    errors.push_back(fmt::format("group.min.session.timeout.ms={}: wanted at most group.max.session.timeout.ms, {}",
                                 settings.integer("group.min.session.timeout.ms"), settings.integer("group.max.session.timeout.ms")));
}

int64_t unit_in_ms(std::string_view unit) {
  return unit == "hours" ? 3'600'000 : unit == "minutes" ? 60'000 : 1;
}

// A topic's default: its first synonym that has a value, in the topic's unit.
Value inherited(const Settings& broker, const TopicKeyDeclaration& key) {
  if (key.synonyms[0].empty()) return Value{.text = std::string(key.own.default_value), .present = true};
  for (const std::string_view synonym : key.synonyms) {
    if (synonym.empty()) continue;
    const size_t index = settings_detail::broker_key_index(synonym);
    const KeyDeclaration& declaration = broker_keys()[index];
    Value value = broker.at(index);
    value.given = false;
    if (!value.present) continue;
    if (const int64_t factor = unit_in_ms(declaration.unit); factor != 1 && value.integer > 0) {
      value.integer = value.integer > INT64_MAX / factor ? INT64_MAX : value.integer * factor;
      value.text = std::to_string(value.integer);
    }
    return value;
  }
  // Kafka's own value for "never": flush.ms has no default of a broker's.
  return Value{.text = std::to_string(INT64_MAX), .integer = INT64_MAX, .present = true};
}

}  // namespace

std::string allowed_values(const KeyDeclaration& key) {
  switch (key.kind) {
    case Kind::kInteger: {
      const std::string unit = key.unit.empty() ? "" : fmt::format(" ({})", key.unit);
      return key.max == INT64_MAX ? fmt::format("an integer of at least {}{}", key.min, unit)
                                  : fmt::format("an integer from {} to {}{}", key.min, key.max, unit);
    }
    case Kind::kNumber:
      return fmt::format("a number from {} to {}", key.min, key.max);
    case Kind::kFlag:
      return "true or false";
    case Kind::kText:
      return key.one_of.empty() ? "a text" : fmt::format("one of {}", key.one_of);
    case Kind::kList:
      if (key.one_of == kReplicaNames) return "* for all, or a list of partition:broker, separated by commas";
      return key.one_of.empty() ? "a list separated by commas" : fmt::format("a list of {}", key.one_of);
  }
  return {};
}

std::string_view nearest_broker_key(std::string_view unknown) {
  return nearest(broker_keys(), unknown);
}
std::string_view nearest_topic_key(std::string_view unknown) {
  return nearest(topic_keys(), unknown);
}

Settings::Settings() {
  for (const KeyDeclaration& key : broker_keys()) {
    if (key.absent_by_default()) {
      values_.emplace_back();
      continue;
    }
    auto value = parse_value(key, key.default_value);
    BATON_ASSERT(value.has_value());
    values_.push_back(std::move(*value));
  }
}

Result<Settings> Settings::parse(const Properties& properties, std::vector<std::string>* warnings) {
  Settings settings;
  settings.given_ = properties;
  std::vector<std::string> errors;
  for (const auto& [name, text] : properties) {
    const auto index = find_index(broker_keys(), name);
    if (!index) {
      if (name.starts_with(kInternalPrefix) || warnings == nullptr) continue;
      const std::string_view near = nearest_broker_key(name);
      warnings->push_back(near.empty() ? fmt::format("unknown key {}, ignored", name)
                                       : fmt::format("unknown key {}, ignored; did you mean {}?", name, near));
      continue;
    }
    const KeyDeclaration& key = broker_keys()[*index];
    // An empty value of a key that may be absent takes it back to absent, as Kafka's null.
    if (text.empty() && key.absent_by_default()) continue;
    auto value = parse_value(key, text);
    if (!value) {
      errors.push_back(invalid(name, text, key));
      continue;
    }
    value->given = true;
    if (key.without_effect && warnings != nullptr && text != key.default_value) {
      warnings->push_back(fmt::format("{}={} is without effect in this release", name, text));
    }
    settings.values_[*index] = std::move(*value);
  }
  if (errors.empty()) check_together(settings, errors);
  if (!errors.empty()) return fail(ErrorCode::kInvalidConfig, fmt::format("{}", fmt::join(errors, "\n")));
  return settings;
}

int64_t Settings::integer(BrokerKey<Kind::kInteger> key) const {
  BATON_ASSERT(at(key.index).present);
  return at(key.index).integer;
}
double Settings::number(BrokerKey<Kind::kNumber> key) const {
  BATON_ASSERT(at(key.index).present);
  return at(key.index).number;
}
bool Settings::flag(BrokerKey<Kind::kFlag> key) const {
  return at(key.index).integer != 0;
}
const std::string& Settings::text(BrokerKey<Kind::kText> key) const {
  BATON_ASSERT(at(key.index).present);
  return at(key.index).text;
}
std::vector<std::string> Settings::list(BrokerKey<Kind::kList> key) const {
  return split_list(at(key.index).text);
}

std::string Settings::internal(std::string_view name_after_prefix) const {
  const auto found = given_.find(fmt::format("{}{}", kInternalPrefix, name_after_prefix));
  return found == given_.end() ? std::string() : found->second;
}

Result<TopicSettings> TopicSettings::make(const Settings& broker, const std::map<std::string, std::string>& own) {
  TopicSettings settings;
  for (const TopicKeyDeclaration& key : topic_keys()) settings.values_.push_back(inherited(broker, key));
  for (const auto& [name, text] : own) {
    const auto index = find_index(topic_keys(), name);
    if (!index) {
      const std::string_view near = nearest_topic_key(name);
      return fail(ErrorCode::kInvalidConfig, near.empty() ? fmt::format("Unknown topic config name: {}", name)
                                                          : fmt::format("Unknown topic config name: {}; did you mean {}?", name, near));
    }
    const KeyDeclaration& key = declaration_of(topic_keys()[*index]);
    auto value = parse_value(key, text);
    if (!value) return fail(ErrorCode::kInvalidConfig, invalid(name, text, key));
    value->given = true;
    settings.values_[*index] = std::move(*value);
  }
  return settings;
}

std::vector<std::string> TopicSettings::list(TopicKey<Kind::kList> key) const {
  return split_list(at(key.index).text);
}

}  // namespace baton
