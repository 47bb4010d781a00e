// The declarations of settings say which keys are without effect. Here is who keeps them honest: a key is read somewhere, or
// it is declared to be read nowhere.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/settings_keys.h"
#include "tests/tidy/source.h"

namespace baton::tidy {
namespace {

const Tree& programs() {
  static const Tree all = read_tree(BATON_SOURCE_DIR, {"base", "partitions", "controller", "broker", "cli", "drills"});
  return all;
}

// As in settings.integer("log.segment.bytes").
bool is_read(std::string_view key) {
  const std::string literal = "(\"" + std::string(key) + '"';
  return std::any_of(programs().begin(), programs().end(), [&](const auto& file) {
    return is_cpp(file.first) && file.first != "base/settings_keys.h" && file.second.find(literal) != std::string::npos;
  });
}

// Directly, or as the default of a topic's key.
bool has_effect(const KeyDeclaration& key) {
  if (is_read(key.name)) return true;
  return std::any_of(topic_keys().begin(), topic_keys().end(), [&](const TopicKeyDeclaration& topic) {
    return std::find(topic.synonyms.begin(), topic.synonyms.end(), key.name) != topic.synonyms.end() && is_read(topic.name);
  });
}

// There is one choice yet, so nobody has to ask which.
bool has_no_choice(const KeyDeclaration& key) {
  return !key.one_of.empty() && key.one_of == key.default_value;
}

TEST(SettingsUse, AKeyIsReadOrDeclaredToBeWithoutEffect) {
  for (const KeyDeclaration& key : broker_keys()) {
    if (has_no_choice(key)) continue;
    EXPECT_NE(has_effect(key), key.without_effect)
        << key.name << (key.without_effect ? " is read, yet declared without effect" : " is read nowhere, yet not declared so");
  }
}

}  // namespace
}  // namespace baton::tidy
