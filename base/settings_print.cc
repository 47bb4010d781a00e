// The declarations of settings_keys.h as a user reads them.
#include <fmt/format.h>

#include "base/settings.h"

namespace baton {
namespace {

std::string shown_default(const KeyDeclaration& key) {
  if (key.absent_by_default()) return "none";
  return fmt::format("`{}`", key.default_value);
}

std::string synonyms_of(const TopicKeyDeclaration& key) {
  std::string text;
  for (const std::string_view synonym : key.synonyms) {
    if (!synonym.empty()) text += fmt::format("{}`{}`", text.empty() ? "" : ", then ", synonym);
  }
  return text;
}

std::string doc_of(const KeyDeclaration& key) {
  return fmt::format("{}{}", key.without_effect ? "Without effect in this release. " : "", key.doc);
}

}  // namespace

std::string settings_as_markdown() {
  std::string out;
  for (const KeyDeclaration& key : broker_keys()) {
    if (!key.section.empty()) out += fmt::format("\n### {}\n\n| key | default | allowed | what it does |\n|--|--|--|--|\n", key.section);
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, shown_default(key), allowed_values(key), doc_of(key));
  }
  out += "\n### Topics\n\n| key | default: the broker's | allowed | what it does |\n|--|--|--|--|\n";
  for (const TopicKeyDeclaration& key : topic_keys()) {
    const KeyDeclaration& declaration = declaration_of(key);
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, synonyms_of(key), allowed_values(declaration), doc_of(declaration));
  }
  return out;
}

std::string settings_as_example() {
  std::string out =
      "# A broker's configuration, made from the declarations in base/settings_keys.h (a test keeps the two alike).\n"
      "# What is commented out shows the default. Two keys must be given: broker.id and zookeeper.connect.\n";
  for (const KeyDeclaration& key : broker_keys()) {
    if (!key.section.empty()) out += fmt::format("\n# ---- {} ----\n", key.section);
    out += fmt::format("\n# {}\n# Allowed: {}.\n", doc_of(key), allowed_values(key));
    if (key.name == "broker.id") {
      out += "broker.id=1\n";
    } else if (key.name == "zookeeper.connect") {
      out += "zookeeper.connect=127.0.0.1:2181/baton\n";
    } else {
      out += fmt::format("#{}={}\n", key.name, key.default_value);
    }
  }
  return out;
}

}  // namespace baton
