#include <fstream>
#include <string>

#include "base/random.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

using BadInputTest = AloneTest;

std::string framed(const std::string& body) {
  Writer out;
  out.i32(static_cast<int32_t>(body.size()));
  out.bytes(body);
  return out.take();
}

std::string header(int16_t key, int16_t version) {
  Writer out;
  out.i16(key);
  out.i16(version);
  out.i32(1);
  out.i16(-1);
  return out.take();
}

// Resident memory of this process, broker and test together.
int64_t resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return -1;
}

TEST_F(BadInputTest, NegativeAndHugeSizesCloseTheirConnectionOnly) {
  for (int32_t size : {-1, INT32_MIN, 100 * 1024 * 1024 + 1, INT32_MAX}) {
    Connection bad(address());
    Writer out;
    out.i32(size);
    bad.send(out.view());
    EXPECT_TRUE(bad.ended()) << size;
  }
  EXPECT_FALSE(metadata({}).brokers.empty());
}

TEST_F(BadInputTest, AnnouncingTakesNoMemory) {
  constexpr int kMany = 200;
  int64_t before = resident_kb();
  Writer out;
  out.i32(100 * 1024 * 1024);
  out.bytes(header(0, 9) + std::string(2000, 'x'));
  std::vector<std::unique_ptr<Connection>> many;
  for (int i = 0; i < kMany; ++i) {
    many.push_back(std::make_unique<Connection>(address()));
    many.back()->send(out.view());
  }
  // Connections are served in turn, so that these are read by now, or never.
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(metadata({}).brokers.empty());
  EXPECT_LT(resident_kb() - before, 64 * 1024) << "20 GB were announced";
}

TEST_F(BadInputTest, UnknownKeysAndVersionsCloseTheirConnectionOnly) {
  for (auto [key, version] : {std::pair<int16_t, int16_t>{-1, 0}, {999, 0}, {4, 0}, {3, 99}, {3, -1}, {0, 2}, {1, 3}}) {
    Connection bad(address());
    bad.send(framed(header(key, version) + std::string(20, '\0')));
    EXPECT_TRUE(bad.ended()) << key << " " << version;
  }
  EXPECT_FALSE(metadata({}).brokers.empty());
}

TEST_F(BadInputTest, TruncatedAndRandomBodiesNeverStopTheBroker) {
  SeededRandom random(1);
  for (int i = 0; i < 400; ++i) {
    Connection bad(address());
    std::string body = header(static_cast<int16_t>(random.below(70)), static_cast<int16_t>(random.below(14)));
    for (uint64_t n = random.below(120); n > 0; --n) body.push_back(static_cast<char>(random.next()));
    bad.send(i % 10 == 0 ? body : framed(body));
  }
  EXPECT_FALSE(metadata({}).brokers.empty());
}

TEST_F(BadInputTest, AFollowerThatDoesNotNameItsLifeIsRefused) {
  TopicId id = create("t");
  auto request = fetch_request("t", id, 0);
  request.replica_id = BrokerId(2);
  auto encoded = protocol::encode_request(13, 1, "test", request);
  Connection other(address());
  other.send(encoded->bytes);
  EXPECT_TRUE(other.ended());
}

TEST_F(BadInputTest, AFollowerThatIsNoReplicaGetsNoRecords) {
  TopicId id = create("t");
  produce("t", batch_of({"secret"}));
  auto request = fetch_request("t", id, 0);
  request.replica_state = {BrokerId(2), BrokerEpoch(1)};
  auto partition = ask<protocol::FetchResponse>(request).responses.at(0).partitions.at(0);
  EXPECT_NE(partition.error_code, ErrorCode::kNone);
  EXPECT_TRUE(partition.records.bytes.empty());
}

}  // namespace
}  // namespace baton
