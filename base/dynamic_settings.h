// Settings of brokers that change while they run, for one broker or for all. They stand in the store and not in a broker's
// properties; each is declared once, here. Constant, so any thread may read.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/settings_keys.h"

namespace baton {

std::span<const KeyDeclaration> dynamic_keys();
// Null: no such key.
const KeyDeclaration* find_dynamic_key(std::string_view name);
// It says something of the whole cluster, so no broker has its own.
bool is_for_all_brokers(const KeyDeclaration& key);
// INVALID_CONFIG with what is allowed.
Status check_dynamic_value(const KeyDeclaration& key, const std::string& value);

}  // namespace baton
