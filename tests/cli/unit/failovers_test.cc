#include "cli/cluster/failovers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace baton::cluster {
namespace {

using Moment = control::FailoverMoment;

void add(control::FailoverRecord& record, Moment::Stage stage, int64_t after_us, int broker = -1) {
  control::FailoverMoment& moment = *record.add_moments();
  moment.set_stage(stage);
  moment.set_after_us(after_us);
  if (broker >= 0) moment.set_broker_id(broker);
}

control::FailoverRecord death() {
  control::FailoverRecord record;
  record.set_id(12);
  record.set_broker_id(2);
  record.set_cause("proof");
  record.set_controller_id(3);
  record.set_controller_epoch(4);
  record.set_detected_wall_us(1'700'000'000'123'000);
  add(record, Moment::DETECTED, 0);
  add(record, Moment::DECIDED, 100);
  add(record, Moment::TOMBSTONE_CONFIRMED, 1900);
  add(record, Moment::PAGES_CONFIRMED, 3400);
  add(record, Moment::APPLIED, 3900, 1);
  add(record, Moment::APPLIED, 4300, 3);
  add(record, Moment::ACKNOWLEDGED, 6200, 3);
  add(record, Moment::ACKNOWLEDGED, 8000, 1);
  for (int id : {1, 3}) {
    control::LedBy& led = *record.add_new_leaders();
    led.set_broker_id(id);
    led.set_partitions(id + 1);
  }
  record.set_leaderless(1);
  return record;
}

TEST(Failovers, ARowShowsTheLastToApplyAndTheFirstAcknowledgement) {
  EXPECT_EQ(failover_row(death()), (std::vector<std::string>{"12", "2023-11-14 22:13:20.123", "broker 2 died", "proof",
                                                             "decided 0.1, tombstone 1.9, pages 3.4, applied 4.3, first ack 6.2",
                                                             "6 led anew, 1 without a leader"}));
  EXPECT_EQ(failover_row(death()).size(), failover_columns().size());
}

TEST(Failovers, ATimelineShowsWhatEachStageTook) {
  EXPECT_EQ(failover_timeline(death()),
            "12: broker 2 died, known by proof, detected 2023-11-14 22:13:20.123 UTC by controller 3 (epoch 4)\n"
            "        0.00 ms       +0.00  detected\n"
            "        0.10 ms       +0.10  decided\n"
            "        1.90 ms       +1.80  tombstone confirmed\n"
            "        3.40 ms       +1.50  pages confirmed\n"
            "        3.90 ms       +0.50  applied by broker 1\n"
            "        4.30 ms       +0.40  applied by broker 3\n"
            "        6.20 ms       +1.90  first acknowledgement by broker 3\n"
            "        8.00 ms       +1.80  first acknowledgement by broker 1\n"
            "  6 partitions have a new leader (broker 1: 2, broker 3: 4), 1 found nobody who may lead them\n");
}

TEST(Failovers, AnElectionNamesWhomItFollows) {
  control::FailoverRecord record;
  record.set_kind(control::FailoverRecord::CONTROLLER_ELECTION);
  record.set_broker_id(3);
  record.set_cause("proof");
  record.set_former_controller(1);
  add(record, Moment::NOMINATED, 200);
  add(record, Moment::CLAIM_CONFIRMED, 1900);
  add(record, Moment::LOADED, 4000);
  add(record, Moment::FOLLOWED, 4200, 3);
  add(record, Moment::FOLLOWED, 5000, 2);
  const std::vector<std::string> row = failover_row(record);
  EXPECT_EQ(row[2], "controller 3 elected");
  EXPECT_EQ(row[3], "proof of controller 1");
  EXPECT_EQ(row[4], "nominated 0.2, claimed 1.9, loaded 4.0, followed 5.0");
  EXPECT_EQ(nlohmann::json::parse(failover_json(record))["former_controller"], 1);
  record.set_former_controller(-1);
  EXPECT_TRUE(nlohmann::json::parse(failover_json(record))["former_controller"].is_null());
}

TEST(Failovers, JsonHasExactlyTheDocumentedFields) {
  const std::string line = failover_json(death());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto object = nlohmann::json::parse(line);
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"broker", "cause", "controller", "detected", "detected_us", "id", "kind", "leaderless",
                                            "new_leaders", "stages"}));
  EXPECT_EQ(object["kind"], "broker-death");
  EXPECT_EQ(object["new_leaders"]["3"], 4);
  EXPECT_EQ(object["stages"][5], (nlohmann::json{{"stage", "applied"}, {"after_ms", 4.3}, {"broker", 3}}));
}

}  // namespace
}  // namespace baton::cluster
