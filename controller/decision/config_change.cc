#include "controller/decision/config_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/dynamic_settings.h"
#include "base/settings.h"

namespace baton::decision {
namespace {

std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items;
  size_t from = 0;
  while (from <= list.size()) {
    const size_t comma = std::min(list.find(',', from), list.size());
    if (comma > from) items.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return items;
}

std::string joined(const std::string& present, const std::string& added) {
  std::vector<std::string> items = items_of(present);
  for (const std::string& item : items_of(added)) {
    if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
  }
  return fmt::format("{}", fmt::join(items, ","));
}

std::string without(const std::string& present, const std::string& taken) {
  const std::vector<std::string> gone = items_of(taken);
  std::vector<std::string> items = items_of(present);
  std::erase_if(items, [&](const std::string& item) { return std::find(gone.begin(), gone.end(), item) != gone.end(); });
  return fmt::format("{}", fmt::join(items, ","));
}

// What a key is, or why it can not be changed here.
using Lookup = std::function<Result<const KeyDeclaration*>(const std::string& key)>;
// Whether the key may have this value.
using Check = std::function<Status(const std::string& key, const std::string& value)>;

Result<Configs> changed(const Configs& present, const ConfigChange& change, const Lookup& lookup, const Check& check) {
  Configs after = change.replace ? Configs{} : present;
  std::set<std::string> named;
  for (const ConfigOp& op : change.ops) {
    if (!named.insert(op.key).second) return fail(ErrorCode::kInvalidRequest, "the request names " + op.key + " twice");
    if (op.kind > ConfigOp::Kind::kSubtract) {
      return fail(ErrorCode::kInvalidRequest, "Unknown operation on " + op.key + ": 0 sets, 1 deletes, 2 appends, 3 subtracts");
    }
    auto key = lookup(op.key);
    // What a later release stored, and this one does not know, can still be taken away.
    if (!key && op.kind == ConfigOp::Kind::kDelete && present.contains(op.key)) {
      after.erase(op.key);
      continue;
    }
    if (!key) return tl::unexpected(key.error());
    if (op.kind == ConfigOp::Kind::kDelete) {
      after.erase(op.key);
      continue;
    }
    std::string value = op.value;
    if (op.kind != ConfigOp::Kind::kSet) {
      if ((*key)->kind != Kind::kList) {
        return fail(ErrorCode::kInvalidConfig, op.key + " is no list: it can be set or deleted, but nothing appended or subtracted");
      }
      const auto held = after.find(op.key);
      const std::string before = held == after.end() ? std::string((*key)->default_value) : held->second;
      value = op.kind == ConfigOp::Kind::kAppend ? joined(before, op.value) : without(before, op.value);
    }
    if (Status valid = check(op.key, value); !valid) return tl::unexpected(valid.error());
    after[op.key] = value;
  }
  return after;
}

Result<const KeyDeclaration*> topic_key(const std::string& name) {
  for (const TopicKeyDeclaration& key : topic_keys()) {
    if (key.name == name) return &declaration_of(key);
  }
  return fail(ErrorCode::kInvalidConfig, "Unknown topic config name: " + name);
}

Result<const KeyDeclaration*> broker_key(const std::string& name, bool for_all) {
  if (const KeyDeclaration* key = find_dynamic_key(name)) {
    if (!for_all && is_for_all_brokers(*key)) {
      return fail(ErrorCode::kInvalidRequest, name + " is one for all brokers: leave the broker's name empty (--entity-default)");
    }
    return key;
  }
  for (const KeyDeclaration& key : broker_keys()) {
    if (key.name != name) continue;
    return fail(ErrorCode::kInvalidRequest,
                name + " does not change while a broker runs: write it to the broker's properties and restart, or set it on topics");
  }
  return fail(ErrorCode::kInvalidConfig, "Unknown broker config name: " + name);
}

}  // namespace

Result<Configs> changed_topic_configs(const Configs& present, const ConfigChange& change) {
  return changed(present, change, topic_key, [](const std::string& key, const std::string& value) -> Status {
    if (auto parsed = TopicSettings::make(Settings(), {{key, value}}); !parsed) return tl::unexpected(parsed.error());
    return {};
  });
}

Result<Configs> changed_broker_configs(const Configs& present, const ConfigChange& change) {
  const bool for_all = change.resource.name.empty();
  return changed(
      present, change, [for_all](const std::string& key) { return broker_key(key, for_all); },
      [](const std::string& key, const std::string& value) { return check_dynamic_value(*find_dynamic_key(key), value); });
}

}  // namespace baton::decision
