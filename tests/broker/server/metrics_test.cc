// /metrics of a whole broker: what it counts, and that nobody can hang it.
#include <map>
#include <set>
#include <sstream>

#include "broker/metrics/families.h"
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

class MetricsTest : public AloneTest {
 protected:
  void SetUp() override { start({{"metrics.listener", "127.0.0.1:0"}}); }

  network::Address metrics() const { return *broker_->metrics_address(); }
  std::string ask_http(std::string_view request) {
    Connection connection(metrics());
    connection.send(request);
    return connection.rest();
  }
  std::string body() {
    const std::string answer = ask_http("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer.substr(0, 100);
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }
  // By name and labels.
  std::map<std::string, double> samples() {
    std::map<std::string, double> found;
    std::istringstream lines(body());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      found[line.substr(0, line.rfind(' '))] = std::stod(line.substr(line.rfind(' ')));
    }
    return found;
  }
};

TEST_F(MetricsTest, CountsWhatIsProducedAndFetched) {
  const TopicId topic = create("t");
  const std::string batch = batch_of({"a", "b", "c"});
  EXPECT_EQ(produce("t", batch).error_code, ErrorCode::kNone);
  EXPECT_EQ(produce("t", batch_of({"d"})).error_code, ErrorCode::kNone);
  ask<protocol::FetchResponse>(fetch_request("t", topic, 0));
  auto seen = samples();
  EXPECT_EQ(seen["kafka_server_brokertopicmetrics_messagesin_total{topic=\"t\"}"], 4);
  EXPECT_GT(seen["kafka_server_brokertopicmetrics_bytesin_total{topic=\"t\"}"], static_cast<double>(batch.size()));
  EXPECT_EQ(seen["kafka_server_brokertopicmetrics_bytesout_total{topic=\"t\"}"],
            seen["kafka_server_brokertopicmetrics_bytesin_total{topic=\"t\"}"]);
  EXPECT_EQ(seen["kafka_server_replicamanager_leadercount"], 1);
  EXPECT_EQ(seen["kafka_server_replicamanager_partitioncount"], 1);
  EXPECT_EQ(seen["kafka_server_replicamanager_atminisrpartitioncount"], 1);
  EXPECT_EQ(seen["kafka_server_replicamanager_underreplicatedpartitions"], 0);
  EXPECT_EQ(seen["kafka_network_requestmetrics_requests_total{request=\"Produce\"}"], 2);
  EXPECT_EQ(seen["kafka_network_requestmetrics_totaltimems_count{request=\"Produce\"}"], 2);
  EXPECT_EQ(seen["kafka_network_requestmetrics_requests_total{request=\"Fetch\"}"], 1);
  EXPECT_EQ(samples()["kafka_network_requestmetrics_requests_total{request=\"Produce\"}"], 2) << "a scrape is no request";
}

TEST_F(MetricsTest, CountsWhatIsFenced) {
  protocol::FetchRequest request = fetch_request("t", create("t"), 0);
  request.topics[0].partitions[0].current_leader_epoch = LeaderEpoch(9);
  ask<protocol::FetchResponse>(request);
  EXPECT_EQ(samples()["baton_fenced_requests_total{reason=\"unknown_leader_epoch\"}"], 1);
}

TEST_F(MetricsTest, EveryLineIsAFamilysWithHelpAndType) {
  create("t");
  produce("t", batch_of({"a"}));
  std::istringstream lines(body());
  std::set<std::string> described;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      described.insert(line.substr(7, line.find(' ', 7) - 7));
      continue;
    }
    const std::string name = line.substr(0, line.find_first_of("{ "));
    const metrics::Family* family = metrics::family_of(name);
    ASSERT_NE(family, nullptr) << line;
    EXPECT_TRUE(described.contains(std::string(family->name))) << line;
  }
  EXPECT_GT(count, 40);
}

TEST_F(MetricsTest, BadRequestsAreToldSo) {
  EXPECT_TRUE(ask_http("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask_http("POST /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nab").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask_http("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask_http("GET /metrics HTTP/1.1\r\n" + std::string(20'000, 'x')).starts_with("HTTP/1.1 400 "));
  const std::string head = ask_http("HEAD /metrics HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n")) << head;
}

// Many who say nothing, or do not read: others are served, and the silent ones are not kept for ever.
TEST_F(MetricsTest, SilentAndSlowClientsDoNotHangIt) {
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 15; ++i) {
    silent.push_back(std::make_unique<Connection>(metrics()));
    silent.back()->send(i % 2 == 0 ? "GET /met" : "GET /metrics HTTP/1.1\r\n\r\n");
  }
  EXPECT_FALSE(body().empty());
  for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<Connection>(metrics()));
  EXPECT_TRUE(support::wait_for(std::chrono::seconds(30), [&] {
    return ask_http("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 ");
  })) << "there is room again when the silent ones' time is over";
}

TEST_F(MetricsTest, IsOffUnlessAskedFor) {
  broker_->shut_down();
  broker_.reset();
  start();
  EXPECT_FALSE(broker_->metrics_address());
}

}  // namespace
}  // namespace baton
