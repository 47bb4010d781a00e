// The flight recorder as a listener with pencil and paper: what the ruler says in, records out.
#include "controller/runtime/flight_recorder.h"

#include <gtest/gtest.h>

namespace baton::node {
namespace {

using Moment = control::FailoverMoment;

constexpr int64_t kEpochWallUs = 1'700'000'000'000'000;

Instant at_ms(int64_t ms) {
  return {ms * 1'000'000};
}

Incarnation life(uint8_t number) {
  Incarnation incarnation;
  incarnation.bytes[15] = number;
  return incarnation;
}

FlightRecorder recorder(int self, int epoch, FlightRecorderLimits limits = {}) {
  return FlightRecorder(
      BrokerId(self), ControllerEpoch(epoch), [](Instant at) { return kEpochWallUs + at.ns / 1000; }, limits);
}

decision::Write tombstone(int id, uint8_t incarnation) {
  return {{decision::Tombstone{BrokerId(id), life(incarnation), StoreVersion(1), decision::Life::kTombstoneProven}}};
}

// A death that takes its course: proven at `start`, with two new leaders among three brokers that are told by change 10.
void bury(FlightRecorder& recorder, int64_t start, int id = 2) {
  recorder.milestone(at_ms(start), {BrokerId(id), "detected", "proof"});
  recorder.writing(at_ms(start), tombstone(id, 1));
  recorder.milestone(at_ms(start + 2), {BrokerId(id), "tombstone_confirmed", "proof"});
  recorder.succeeded({BrokerId(id), {{BrokerId(1), 4}, {BrokerId(3), 5}, {BrokerId(), 1}}});
  recorder.told(10);
  recorder.milestone(at_ms(start + 4), {BrokerId(id), "pages_confirmed", ""});
  recorder.pushed(at_ms(start + 4), BrokerId(id));
  recorder.milestone(at_ms(start + 6), {BrokerId(id), "removed_confirmed", ""});
  recorder.applied(at_ms(start + 5), BrokerId(id), BrokerId(1));
  recorder.applied(at_ms(start + 7), BrokerId(id), BrokerId(3));
}

control::FirstAcknowledgement ack(int epoch, int64_t delta, int64_t ago_us = 0, bool snapshot = false) {
  control::FirstAcknowledgement message;
  message.set_controller_epoch(epoch);
  message.set_delta(delta);
  message.set_ago_us(ago_us);
  message.set_snapshot(snapshot);
  return message;
}

// "applied 3 at 7000" for each moment.
std::vector<std::string> moments(const control::FailoverRecord& record) {
  std::vector<std::string> out;
  for (const control::FailoverMoment& moment : record.moments()) {
    std::string text = Moment::Stage_Name(moment.stage());
    if (moment.broker_id() != 0) text += " " + std::to_string(moment.broker_id());
    out.push_back(text + " at " + std::to_string(moment.after_us()));
  }
  return out;
}

control::FailoverRecord latest(const FlightRecorder& recorder) {
  return *recorder.history(1).records().rbegin();
}

TEST(FlightRecorderTest, ADeathIsOneRecordWithEveryStageInTheOrderOfTime) {
  FlightRecorder flight = recorder(1, 7);
  ASSERT_TRUE(flight.read_back(""));
  bury(flight, 100);
  flight.acknowledged(at_ms(120), BrokerId(3), ack(7, 10, 3000));
  const control::FailoverRecord record = latest(flight);
  EXPECT_EQ(moments(record), (std::vector<std::string>{"DETECTED at 0", "DECIDED at 0", "TOMBSTONE_CONFIRMED at 2000",
                                                       "PAGES_CONFIRMED at 4000", "PUSHED at 4000", "APPLIED 1 at 5000",
                                                       "REMOVED_CONFIRMED at 6000", "APPLIED 3 at 7000", "ACKNOWLEDGED 3 at 17000"}));
  EXPECT_EQ(record.id(), 1);
  EXPECT_EQ(record.cause(), "proof");
  EXPECT_EQ(record.detected_wall_us(), kEpochWallUs + 100'000);
  EXPECT_EQ(record.leaderless(), 1);
  ASSERT_EQ(record.new_leaders_size(), 2);
  EXPECT_EQ(record.new_leaders(0).partitions() + record.new_leaders(1).partitions(), 9);
}

TEST(FlightRecorderTest, AProofThatHadToWaitForAnotherWriteDatesTheDetection) {
  FlightRecorder flight = recorder(1, 7);
  flight.death_proven(at_ms(91), life(1));
  bury(flight, 100);
  EXPECT_EQ(moments(latest(flight))[0], "DETECTED at 0");
  EXPECT_EQ(moments(latest(flight))[1], "DECIDED at 9000");
  EXPECT_EQ(latest(flight).detected_wall_us(), kEpochWallUs + 91'000);
}

TEST(FlightRecorderTest, OfAllShardsOfANewLeaderTheEarliestAcknowledgementCounts) {
  FlightRecorder flight = recorder(1, 7);
  bury(flight, 100);
  flight.acknowledged(at_ms(130), BrokerId(3), ack(7, 10));
  flight.acknowledged(at_ms(131), BrokerId(3), ack(7, 10, 11'000));
  flight.acknowledged(at_ms(140), BrokerId(3), ack(7, 10));
  flight.acknowledged(at_ms(140), BrokerId(1), ack(7, 10));
  const std::vector<std::string> all = moments(latest(flight));
  EXPECT_EQ(std::vector<std::string>(all.end() - 2, all.end()),
            (std::vector<std::string>{"ACKNOWLEDGED 3 at 20000", "ACKNOWLEDGED 1 at 40000"}));
}

TEST(FlightRecorderTest, AnAcknowledgementOfSomethingElseIsNotTakenForAFailovers) {
  FlightRecorder flight = recorder(1, 7);
  bury(flight, 100);
  flight.acknowledged(at_ms(130), BrokerId(3), ack(7, 11));           // a topic made later
  flight.acknowledged(at_ms(130), BrokerId(4), ack(7, 10));           // took nothing over
  flight.acknowledged(at_ms(130), BrokerId(3), ack(6, 10));           // another controller's numbering
  flight.acknowledged(at_ms(130), BrokerId(3), ack(7, 9, 0, true));   // an image from before
  flight.acknowledged(at_ms(130), BrokerId(3), ack(7, 10, -50'000));  // from the future
  for (const std::string& moment : moments(latest(flight))) EXPECT_FALSE(moment.starts_with("ACKNOWLEDGED")) << moment;
  flight.acknowledged(at_ms(130), BrokerId(3), ack(7, 15, 0, true));  // the roles came with a whole image
  EXPECT_EQ(moments(latest(flight)).back(), "ACKNOWLEDGED 3 at 30000");
}

TEST(FlightRecorderTest, ADeathThatIsDecidedAgainIsOneRecord) {
  FlightRecorder flight = recorder(1, 7);
  flight.milestone(at_ms(1), {BrokerId(2), "detected", "silence"});
  flight.writing(at_ms(1), tombstone(2, 1));
  flight.milestone(at_ms(3), {BrokerId(2), "detected", "silence"});  // the write was refused
  flight.writing(at_ms(3), tombstone(2, 1));
  EXPECT_EQ(flight.history(10).records_size(), 1);
  bury(flight, 10);
  EXPECT_EQ(flight.history(10).records_size(), 1);
  bury(flight, 50);
  EXPECT_EQ(flight.history(10).records_size(), 2) << "the same broker died once more";
}

TEST(FlightRecorderTest, AnElectionTellsWhyAndWhoFollowsFromWhen) {
  FlightRecorder flight = recorder(3, 8);
  flight.claimed({"proof", BrokerId(1), at_ms(10), at_ms(11), at_ms(13)});
  flight.loaded(at_ms(16));
  flight.followed(at_ms(17), BrokerId(3));
  flight.followed(at_ms(19), BrokerId(2));
  flight.followed(at_ms(500), BrokerId(2));  // came again
  flight.milestone(at_ms(16), {BrokerId(4), "inherited", "registration"});
  flight.followed(at_ms(20), BrokerId(4));  // only its former life is dead
  flight.milestone(at_ms(600), {BrokerId(1), "detected", "proof"});
  flight.writing(at_ms(600), tombstone(1, 1));
  flight.followed(at_ms(900), BrokerId(1));  // the former controller is back
  const control::FailoverRecord record = flight.history(10).records(0);
  EXPECT_EQ(record.kind(), control::FailoverRecord::CONTROLLER_ELECTION);
  EXPECT_EQ(record.former_controller(), 1);
  EXPECT_EQ(moments(record), (std::vector<std::string>{"DETECTED at 0", "NOMINATED at 1000", "CLAIM_CONFIRMED at 3000", "LOADED at 6000",
                                                       "FOLLOWED 3 at 7000", "FOLLOWED 2 at 9000", "FOLLOWED 4 at 10000"}));
}

TEST(FlightRecorderTest, WhoSeesNoFormerControllerIsTheFirstOnlyInTheFirstEpoch) {
  FlightRecorder first = recorder(3, 1);
  first.claimed({"first", BrokerId(), at_ms(1), at_ms(1), at_ms(2)});
  EXPECT_EQ(latest(first).cause(), "first");
  FlightRecorder later = recorder(3, 2);
  later.claimed({"first", BrokerId(), at_ms(1), at_ms(1), at_ms(2)});
  EXPECT_EQ(latest(later).cause(), "vacancy");
}

TEST(FlightRecorderTest, TheNextControllerGoesOnWithTheStoredOnes) {
  FlightRecorder former = recorder(1, 7);
  ASSERT_TRUE(former.read_back(""));
  EXPECT_FALSE(former.to_store());
  former.claimed({"first", BrokerId(), at_ms(1), at_ms(1), at_ms(2)});
  former.milestone(at_ms(100), {BrokerId(2), "detected", "silence"});
  former.writing(at_ms(100), tombstone(2, 1));
  former.milestone(at_ms(102), {BrokerId(2), "tombstone_confirmed", "silence"});
  const std::optional<std::string> stored = former.to_store();
  ASSERT_TRUE(stored);
  EXPECT_FALSE(former.to_store()) << "nothing is new";

  // Its clock has another zero; the wall clock joins the two.
  FlightRecorder next(BrokerId(3), ControllerEpoch(8), [](Instant at) { return kEpochWallUs + 200'000 + at.ns / 1000; });
  next.claimed({"proof", BrokerId(1), at_ms(0), at_ms(0), at_ms(1)});
  EXPECT_FALSE(next.to_store()) << "what is stored is not known yet, and must not be written over";
  ASSERT_TRUE(next.read_back(*stored));
  next.milestone(at_ms(5), {BrokerId(2), "inherited", "silence"});
  next.succeeded({BrokerId(2), {{BrokerId(3), 2}}});
  next.told(1);
  next.milestone(at_ms(8), {BrokerId(2), "pages_confirmed", ""});
  next.acknowledged(at_ms(9), BrokerId(3), ack(8, 1));
  const control::FailoverHistory history = next.history(10);
  ASSERT_EQ(history.records_size(), 3);
  EXPECT_EQ(history.records(1).id(), 2);
  EXPECT_EQ(history.records(2).id(), 3);
  EXPECT_EQ(history.records(1).controller_epoch(), 7);
  EXPECT_EQ(moments(history.records(1)),
            (std::vector<std::string>{"DETECTED at 0", "DECIDED at 0", "TOMBSTONE_CONFIRMED at 2000", "INHERITED at 105000",
                                      "PAGES_CONFIRMED at 108000", "ACKNOWLEDGED 3 at 109000"}));
  EXPECT_EQ(history.records(1).moments(4).controller_epoch(), 8);
}

TEST(FlightRecorderTest, WhatCanNotBeReadBeginsAnew) {
  FlightRecorder flight = recorder(1, 7);
  bury(flight, 1);
  EXPECT_FALSE(flight.read_back("\xff\xff no history"));
  EXPECT_EQ(latest(flight).id(), 1);
  EXPECT_TRUE(flight.to_store());
}

TEST(FlightRecorderTest, TheOldestGoFirstAndIdsGoOn) {
  FlightRecorder flight = recorder(1, 7, {.records = 5, .bytes = 1 << 20});
  ASSERT_TRUE(flight.read_back(""));
  for (int i = 0; i < 9; ++i) bury(flight, 100 * i);
  control::FailoverHistory stored;
  ASSERT_TRUE(stored.ParseFromString(*flight.to_store()));
  ASSERT_EQ(stored.records_size(), 5);
  EXPECT_EQ(stored.records(0).id(), 5);
  EXPECT_EQ(stored.records(4).id(), 9);
}

TEST(FlightRecorderTest, BytesAreBoundedHoweverManyBrokersApply) {
  FlightRecorder flight = recorder(1, 7, {.records = 256, .bytes = 20'000});
  ASSERT_TRUE(flight.read_back(""));
  for (int death = 0; death < 60; ++death) {
    bury(flight, 1000 * death, 500);
    for (int broker = 0; broker < 100; ++broker) flight.applied(at_ms(1000 * death + 9), BrokerId(500), BrokerId(600 + broker));
  }
  const std::string stored = *flight.to_store();
  EXPECT_LE(stored.size(), 20'000u);
  EXPECT_GT(stored.size(), 15'000u);
}

}  // namespace
}  // namespace baton::node
