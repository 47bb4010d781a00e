#include "base/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Settings parsed(const Properties& properties) {
  auto result = Settings::parse(properties, nullptr);
  EXPECT_TRUE(result) << result.error().message;
  return result.value_or(Settings{});
}

std::string error_of(const Properties& properties) {
  const auto result = Settings::parse(properties, nullptr);
  return result ? std::string() : result.error().message;
}

TEST(Settings, DefaultsAreKafkas) {
  const Settings settings;
  EXPECT_EQ(settings.integer("log.segment.bytes"), 1 << 30);
  EXPECT_EQ(settings.integer("broker.id"), -1);
  EXPECT_TRUE(settings.flag("auto.create.topics.enable"));
  EXPECT_THAT(settings.list("listeners"), ElementsAre("PLAINTEXT://:9092"));
  EXPECT_DOUBLE_EQ(settings.number("log.cleaner.min.cleanable.ratio"), 0.5);
  EXPECT_FALSE(settings.has("broker.rack"));
}

TEST(Settings, GivenValuesReplaceDefaults) {
  const Settings settings = parsed({{"broker.id", "7"}, {"proof.of.death", "false"}, {"log.dirs", "/a, /b"}, {"broker.rack", "east"}});
  EXPECT_EQ(settings.int32("broker.id"), 7);
  EXPECT_FALSE(settings.flag("proof.of.death"));
  EXPECT_THAT(settings.list("log.dirs"), ElementsAre("/a", "/b"));
  EXPECT_EQ(settings.text("broker.rack"), "east");
  EXPECT_TRUE(settings.given("broker.id"));
  EXPECT_FALSE(settings.given("num.partitions"));
}

TEST(Settings, AnUnknownKeyDrawsAWarningWithTheNearestKnownOne) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(Settings::parse({{"log.segement.bytes", "1"}, {"zzzzzz", "1"}, {"baton.internal.fault", "x"}}, &warnings));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("did you mean log.segment.bytes?"), "unknown key zzzzzz, ignored"));
}

TEST(Settings, AKeyWithoutEffectIsNamedWhereItIsGivenAnotherValueThanItsDefault) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(Settings::parse({{"num.io.threads", "16"}, {"log.preallocate", "false"}, {"broker.id", "1"}}, &warnings));
  EXPECT_THAT(warnings, ElementsAre("num.io.threads=16 is without effect in this release"));
}

// Whatever has a range, or values of its own, refuses what lies outside, and says key, value and what is allowed.
TEST(Settings, EveryKeyThatIsNotFreeTextRefusesWhatItDoesNotAllow) {
  int refused = 0;
  for (const KeyDeclaration& key : broker_keys()) {
    std::vector<std::string> bad;
    if (key.kind == Kind::kInteger || key.kind == Kind::kNumber || key.kind == Kind::kFlag || !key.one_of.empty()) {
      bad = {"x", "1 2", "-", "0x10", "99999999999999999999"};
    }
    if (key.kind == Kind::kInteger || key.kind == Kind::kNumber) bad.push_back(std::to_string(key.min - 1));
    if (key.kind == Kind::kInteger && key.max < INT64_MAX) bad.push_back(std::to_string(key.max + 1));
    for (const std::string& value : bad) {
      const std::string name(key.name);
      EXPECT_EQ(error_of({{name, value}}), name + "=" + value + ": wanted " + allowed_values(key));
      ++refused;
    }
  }
  EXPECT_GT(refused, 400);
}

TEST(Settings, AnInvalidValueIsNamedWithItsRange) {
  EXPECT_EQ(error_of({{"num.partitions", "0"}}), "num.partitions=0: wanted an integer from 1 to 2147483647 (partitions)");
  EXPECT_EQ(error_of({{"num.partitions", "3x"}}), "num.partitions=3x: wanted an integer from 1 to 2147483647 (partitions)");
  EXPECT_EQ(error_of({{"log.flush.policy", "never"}}), "log.flush.policy=never: wanted one of os,commit");
  EXPECT_EQ(error_of({{"proof.of.death", "yes"}}), "proof.of.death=yes: wanted true or false");
  EXPECT_EQ(error_of({{"clock.drift.percent", "nan"}}), "clock.drift.percent=nan: wanted a number from 0 to 50");
  EXPECT_EQ(error_of({{"log.cleanup.policy", "delete,shred"}}), "log.cleanup.policy=delete,shred: wanted a list of delete,compact");
  EXPECT_EQ(error_of({{"listeners", ""}}), "listeners=: wanted a list separated by commas");
}

TEST(Settings, AllInvalidValuesAreNamedAtOnce) {
  EXPECT_THAT(error_of({{"num.partitions", "0"}, {"broker.id", "-2"}}),
              testing::AllOf(HasSubstr("num.partitions=0"), HasSubstr("broker.id=-2")));
}

TEST(Settings, ALeaseMustBeRenewedTwiceWhileItLasts) {
  EXPECT_THAT(error_of({{"leader.lease.ms", "300"}, {"leader.lease.renew.ms", "200"}}), HasSubstr("at most half of leader.lease.ms, 150"));
}

TEST(Settings, AnEmptyValueOfAnOptionalKeyIsAbsent) {
  EXPECT_FALSE(parsed({{"broker.rack", ""}}).has("broker.rack"));
}

TEST(Settings, SwitchesOfTestsPassThrough) {
  const Settings settings = parsed({{"baton.internal.mutant", "no-cas"}});
  EXPECT_EQ(settings.internal("mutant"), "no-cas");
  EXPECT_EQ(settings.internal("other"), "");
}

TEST(TopicSettings, TakesTheBrokersValueInItsOwnUnit) {
  const auto hours = TopicSettings::make(Settings{}, {});
  ASSERT_TRUE(hours);
  EXPECT_EQ(hours->integer("retention.ms"), 168LL * 3'600'000);
  EXPECT_EQ(hours->integer("segment.ms"), 168LL * 3'600'000);
  EXPECT_EQ(hours->integer("flush.ms"), INT64_MAX);
  const auto minutes = TopicSettings::make(parsed({{"log.retention.minutes", "5"}, {"log.retention.hours", "1"}}), {});
  EXPECT_EQ(minutes->integer("retention.ms"), 300'000);
  const auto never = TopicSettings::make(parsed({{"log.retention.hours", "-1"}}), {});
  EXPECT_EQ(never->integer("retention.ms"), -1);
}

TEST(TopicSettings, ItsOwnValueWinsOverTheBrokers) {
  const auto settings =
      TopicSettings::make(parsed({{"min.insync.replicas", "2"}}), {{"min.insync.replicas", "1"}, {"cleanup.policy", "compact,delete"}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->integer("min.insync.replicas"), 1);
  EXPECT_THAT(settings->list("cleanup.policy"), ElementsAre("compact", "delete"));
  EXPECT_FALSE(settings->flag("unclean.leader.election.enable"));
}

TEST(TopicSettings, AnUnknownOrInvalidConfigurationIsRefused) {
  const auto unknown = TopicSettings::make(Settings{}, {{"retension.ms", "1"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean retention.ms?"));
  const auto invalid = TopicSettings::make(Settings{}, {{"min.insync.replicas", "0"}});
  ASSERT_FALSE(invalid);
  EXPECT_EQ(invalid.error().code, ErrorCode::kInvalidConfig);
}

// As Kafka's: anything else would silently throttle nobody.
TEST(TopicSettings, ThrottledReplicasAreAllOrNamedByPartitionAndBroker) {
  for (const char* key : {"leader.replication.throttled.replicas", "follower.replication.throttled.replicas"}) {
    for (const char* good : {"*", "0:1", "0:1,12:3", "0:1, 2:3", ""}) EXPECT_TRUE(TopicSettings::make(Settings{}, {{key, good}})) << good;
    for (const char* bad : {"1", "0-1", "0:", ":1", "a:1", "0:1,x", "*,0:1", "0:1:2", "-1:2", "* *"}) {
      const auto refused = TopicSettings::make(Settings{}, {{key, bad}});
      ASSERT_FALSE(refused) << bad;
      EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
      EXPECT_THAT(refused.error().message, HasSubstr("wanted * for all, or a list of partition:broker"));
    }
  }
}

TEST(SettingsDeclarations, EachNameIsDeclaredOnceAndDocumented) {
  std::set<std::string_view> names;
  for (const KeyDeclaration& key : broker_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_TRUE(key.doc.ends_with('.')) << key.name;
  }
}

TEST(SettingsDeclarations, TheExampleFileIsTheOneInTheTree) {
  std::ifstream file(BATON_SOURCE_DIR "/config/broker.properties");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == settings_as_example()) << "BATON_WRITE_EXAMPLE=1 test_base rewrites it";
  if (std::getenv("BATON_WRITE_EXAMPLE") != nullptr) std::ofstream(BATON_SOURCE_DIR "/config/broker.properties") << settings_as_example();
}

TEST(SettingsDeclarations, TheExampleFileParsesWithoutAWarning) {
  const auto properties = parse_properties(settings_as_example(), "example");
  ASSERT_TRUE(properties);
  std::vector<std::string> warnings;
  EXPECT_TRUE(Settings::parse(*properties, &warnings));
  EXPECT_THAT(warnings, ElementsAre());
}

TEST(SettingsDeclarations, TheMarkdownShowsEveryKey) {
  const std::string markdown = settings_as_markdown();
  for (const KeyDeclaration& key : broker_keys()) EXPECT_THAT(markdown, HasSubstr(std::string("`") + std::string(key.name) + "`"));
  for (const TopicKeyDeclaration& key : topic_keys()) EXPECT_THAT(markdown, HasSubstr(std::string("| `") + std::string(key.name) + "`"));
}

}  // namespace
}  // namespace baton
