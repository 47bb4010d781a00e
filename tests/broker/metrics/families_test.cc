// The table of metrics keeps Prometheus' rules, and docs/metrics.md is this table.
#include "broker/metrics/families.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace baton::metrics {
namespace {

constexpr char kDocument[] = BATON_SOURCE_DIR "/docs/metrics.md";
constexpr std::string_view kHead = "| metric | kind | labels | meaning |\n|--|--|--|--|\n";

std::string table(std::string_view prefix) {
  std::string text(kHead);
  for (const Family& family : families()) {
    if (!family.name.starts_with(prefix)) continue;
    std::string labels(family.labels);
    if (family.type == Type::kSummary) labels += labels.empty() ? "quantile" : ", quantile";
    text += fmt::format("| `{}` | {} | {} | {} |\n", family.name, name_of(family.type), labels, family.help);
  }
  return text;
}

std::string text_of_document() {
  std::ifstream file(kDocument);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(FamiliesTest, NamesAreValidAndSaidOnce) {
  const std::regex valid("(kafka|baton)_[a-z_]+");
  std::set<std::string_view> seen;
  for (const Family& family : families()) {
    EXPECT_TRUE(std::regex_match(std::string(family.name), valid)) << family.name;
    EXPECT_TRUE(seen.insert(family.name).second) << family.name;
    EXPECT_EQ(family.type == Type::kCounter, family.name.ends_with("_total")) << family.name;
    EXPECT_TRUE(family.help.ends_with('.')) << family.name;
  }
}

TEST(FamiliesTest, ASummarysPartsAreItsFamilys) {
  const std::string summary = "kafka_network_requestmetrics_totaltimems";
  ASSERT_NE(family_of(summary), nullptr);
  EXPECT_EQ(family_of(summary + "_count"), family_of(summary));
  EXPECT_EQ(family_of(summary + "_sum"), family_of(summary));
  EXPECT_EQ(family_of(summary + "_more"), nullptr);
  EXPECT_EQ(family_of("baton_controller_epoch_count"), nullptr);
}

// BATON_WRITE_METRICS=1 writes it anew.
TEST(FamiliesTest, TheDocumentIsThisTable) {
  std::string text = text_of_document();
  for (const std::string_view prefix : {"kafka_", "baton_"}) {
    const std::string wanted = table(prefix);
    if (std::getenv("BATON_WRITE_METRICS") != nullptr) {
      const std::string mark = fmt::format("## `{}`", prefix);
      const size_t begin = text.find(kHead.substr(0, 9), text.find(mark));
      const size_t end = text.find("\n\n", begin) == std::string::npos ? text.size() : text.find("\n\n", begin) + 1;
      text = text.substr(0, begin) + wanted + text.substr(end);
      std::ofstream(kDocument) << text;
    }
    EXPECT_NE(text.find(wanted), std::string::npos) << "docs/metrics.md is not up to date; the table of " << prefix << " is\n" << wanted;
  }
  const std::regex row("\n\\| `");
  const auto rows = std::distance(std::sregex_iterator(text.begin(), text.end(), row), std::sregex_iterator());
  EXPECT_EQ(static_cast<size_t>(rows), families().size());
}

}  // namespace
}  // namespace baton::metrics
