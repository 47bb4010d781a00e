// A broker that holds many partitions ends and starts again: nothing it says about its replicas may depend on which shard
// spoke first. Its shards, its manager's thread and its clients are all at work meanwhile, for the thread sanitizer to see.
#include <algorithm>
#include <atomic>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "broker/config/broker_config.h"
#include "controller/plugin/properties.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

constexpr int kTopics = 4;
constexpr int kPartitions = 16;
constexpr int kRestarts = 5;

class RestartTest : public AloneTest {
 protected:
  // `<topic id>:<partition>:<last leader epoch>:<log end offset>:<clean|dirty>`, as the manager was told.
  static std::multiset<std::string> described() {
    std::multiset<std::string> replicas;
    std::istringstream text(fake_manager::property(property::kReplicas));
    std::regex parts("([^:]+:[0-9]+):-?[0-9]+:([0-9]+):clean");
    std::smatch match;
    for (std::string each; std::getline(text, each, ',');) {
      replicas.insert(std::regex_match(each, match, parts) ? match[1].str() + " ends at " + match[2].str() : each);
    }
    return replicas;
  }
};

// New topics in each round: a manager that knows nothing of the former ones has their logs set aside.
TEST_F(RestartTest, EveryReplicaIsDescribedOnceAfterEachRestart) {
  EXPECT_TRUE(described().empty());
  for (int round = 0; round < kRestarts; ++round) {
    std::multiset<std::string> expected;
    for (int topic = 0; topic < kTopics; ++topic) {
      std::string name = "t" + std::to_string(topic) + "-" + std::to_string(round);
      TopicId id = create(name, kPartitions);
      for (int partition = 0; partition < kPartitions; ++partition) {
        std::vector<std::string> values(static_cast<size_t>(partition % 3), "value");
        if (!values.empty()) {
          ASSERT_EQ(produce(name, batch_of(values), -1, partition).error_code, ErrorCode::kNone);
        }
        expected.insert(id.to_string() + ":" + std::to_string(partition) + " ends at " + std::to_string(values.size()));
      }
    }
    restart();
    ASSERT_EQ(described(), expected) << "after restart " << round + 1;
  }
}

// Clients that write, read and ask while the broker ends: each gets an answer or the end of its connection.
TEST_F(RestartTest, ItEndsUnderLoad) {
  for (int round = 0; round < kRestarts; ++round) {
    std::string topic = "round" + std::to_string(round);
    create(topic, kPartitions);
    std::atomic<int> busy = 0;
    std::vector<std::thread> clients;
    for (int client = 0; client < 4; ++client) {
      clients.emplace_back([&, client] {
        Connection own(address());
        std::string batch = batch_of({"value"});
        for (int i = 0;; ++i) {
          auto request = produce_request(topic, batch, i % 2 == 0 ? -1 : 1, (i + client) % kPartitions);
          auto encoded = protocol::encode_request(protocol::ProduceRequest::api.newest, i, "test", request);
          own.send(encoded->bytes);
          if (own.receive().empty()) return;
          if (i == 20) ++busy;
        }
      });
    }
    EXPECT_TRUE(support::wait_for(std::chrono::seconds(60), [&] { return busy == 4; }));
    broker_->shut_down();
    for (auto& client : clients) client.join();
    broker_.reset();
    start();
  }
}

}  // namespace
}  // namespace baton
