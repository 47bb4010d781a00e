#include "tests/cluster/rig/checks.h"

#include <gtest/gtest.h>

#include <ostream>
#include <stdexcept>

#include "cli/client/kafka_client.h"
#include "tests/support/wait.h"

namespace baton::rig {

void must(const Status& status, const std::string& what) {
  if (!status) throw std::runtime_error(what + ": " + std::string(name_of(status.error().code)) + " " + status.error().message);
}

void await(const std::string& what, const std::function<bool()>& condition) {
  if (!support::wait_for(kPatience, condition)) throw std::runtime_error("waited in vain: " + what);
}

Standing Standing::of(const cluster::ClusterState& state) {
  Standing standing;
  for (const cluster::BrokerState& broker : state.brokers) standing.broker_epochs[broker.id] = broker.epoch;
  for (const cluster::PartitionState& partition : state.partitions) {
    standing.leaders[partition.topic + "-" + std::to_string(partition.partition)] = {partition.leader, partition.leader_epoch};
  }
  return standing;
}

std::ostream& operator<<(std::ostream& out, const Standing& standing) {
  for (const auto& [id, epoch] : standing.broker_epochs) out << "broker " << id << " epoch " << epoch << "; ";
  for (const auto& [name, leader] : standing.leaders) out << name << " led by " << leader.first << " at " << leader.second << "; ";
  return out;
}

drills::ProbeOptions writer(const std::string& bootstrap, const std::string& topic, int16_t acks, const std::string& name,
                            std::optional<int> pinned) {
  drills::ProbeOptions options;
  options.bootstrap = must(client::KafkaClient::parse_bootstrap(bootstrap), bootstrap);
  options.topic = topic;
  options.acks = acks;
  options.name = name;
  if (pinned) options.pinned = *pinned;
  return options;
}

namespace {

template <class Wanted>
uint64_t count_between(const drills::RawProbe& probe, Instant from, Instant to, Wanted wanted) {
  uint64_t count = 0;
  for (const drills::Outcome& outcome : probe.outcomes()) {
    count += outcome.sent_ns >= from.ns && outcome.sent_ns <= to.ns && wanted(outcome.error);
  }
  return count;
}

}  // namespace

uint64_t acknowledged_between(const drills::RawProbe& probe, Instant from, Instant to) {
  return count_between(probe, from, to, [](int16_t error) { return error == 0; });
}

uint64_t refused_between(const drills::RawProbe& probe, Instant from, Instant to) {
  return count_between(probe, from, to, [](int16_t error) { return error > 0; });
}

bool takes_acks_0(const client::Address& broker, const std::string& topic) {
  client::Deadline deadline = client::after(kPatience);
  auto connection = must(client::Connection::open(broker, deadline), "connecting to " + broker.to_string());
  static int sequence = 0;
  std::string batch = drills::wire::record_batch(SystemClock().wall_ms(), "acks-0 " + std::to_string(++sequence));
  std::string record = drills::wire::produce_request(1, topic, 0, 0, 30'000, batch);
  std::string question = drills::wire::metadata_request(2, topic);
  // The frames hold their lengths already. The broker may close before it has read the second.
  must(connection.send_frame(std::string_view(record).substr(4), deadline), "sending a record with acks=0");
  (void)connection.send_frame(std::string_view(question).substr(4), deadline);
  Result<std::string> answer = connection.receive_frame(deadline);
  if (!answer && answer.error().code == ErrorCode::kRequestTimedOut) throw std::runtime_error("neither answered nor closed");
  return answer.has_value();
}

drills::Report conclusive(const std::function<Result<drills::Report>()>& drill) {
  for (int attempt = 1;; ++attempt) {
    drills::Report report = must(drill(), "the drill");
    if (report.verdict() != drills::Verdict::kInconclusive || attempt == 3) return report;
    std::cout << "held again, for it could not tell: " << drills::summary_for_people(report) << std::endl;
  }
}

void expect_nothing_lost(drills::Bed& bed) {
  drills::Round round;
  must(bed.settle(round), "reading back " + bed.topic());
  const drills::Findings& found = round.findings;
  EXPECT_EQ(found.lost, 0u) << "of " << found.acknowledged << " acknowledged records";
  EXPECT_EQ(found.moved, 0u);
  EXPECT_EQ(found.duplicated, 0u);
  EXPECT_EQ(found.disordered, 0u);
  EXPECT_EQ(found.retracted, 0u);
  EXPECT_GE(found.acknowledged, 600u) << "too little was compared";
}

}  // namespace baton::rig
