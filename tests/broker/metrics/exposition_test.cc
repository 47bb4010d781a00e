#include "broker/metrics/exposition.h"

#include <gtest/gtest.h>

#include "broker/metrics/families.h"

namespace baton::metrics {
namespace {

TEST(ExpositionTest, WritesFamiliesWithWhatTheyMean) {
  Exposition out;
  out.add("baton_session_connected", 1);
  out.add("kafka_server_brokertopicmetrics_bytesin_total", 12, {{"topic", "b"}});
  out.add("baton_controller_epoch", 7);
  out.add("kafka_server_brokertopicmetrics_bytesin_total", 1234567890123, {{"topic", "a"}});
  EXPECT_EQ(out.text(),
            "# HELP baton_controller_epoch The highest controller epoch that this broker has seen.\n"
            "# TYPE baton_controller_epoch gauge\n"
            "baton_controller_epoch 7\n"
            "# HELP baton_session_connected 1 while there is a connection to ZooKeeper with a session.\n"
            "# TYPE baton_session_connected gauge\n"
            "baton_session_connected 1\n"
            "# HELP kafka_server_brokertopicmetrics_bytesin_total Bytes of record batches appended by this broker as leader.\n"
            "# TYPE kafka_server_brokertopicmetrics_bytesin_total counter\n"
            "kafka_server_brokertopicmetrics_bytesin_total{topic=\"b\"} 12\n"
            "kafka_server_brokertopicmetrics_bytesin_total{topic=\"a\"} 1234567890123\n");
}

TEST(ExpositionTest, EscapesWhatALabelMayHold) {
  Exposition out;
  out.add("kafka_server_brokertopicmetrics_bytesin_total", 1, {{"topic", "a\"b\\c\nd"}});
  EXPECT_NE(out.text().find(R"({topic="a\"b\\c\nd"} 1)"), std::string::npos) << out.text();
}

TEST(ExpositionTest, ASummaryIsOneFamily) {
  LatencySummary took;
  const Instant now{1'000'000'000};
  for (int i = 1; i <= 100; ++i) took.note(now, std::chrono::milliseconds(i));
  Exposition out;
  out.add("kafka_network_requestmetrics_totaltimems", now, took, {{"request", "Fetch"}});
  const std::string text = out.text();
  EXPECT_EQ(text.find("# TYPE", text.find("# TYPE") + 1), std::string::npos) << text;
  EXPECT_NE(text.find("# TYPE kafka_network_requestmetrics_totaltimems summary\n"), std::string::npos) << text;
  EXPECT_NE(text.find("kafka_network_requestmetrics_totaltimems{request=\"Fetch\",quantile=\"0.5\"} "), std::string::npos) << text;
  EXPECT_NE(text.find("kafka_network_requestmetrics_totaltimems_sum{request=\"Fetch\"} 5050\n"), std::string::npos) << text;
  EXPECT_NE(text.find("kafka_network_requestmetrics_totaltimems_count{request=\"Fetch\"} 100\n"), std::string::npos) << text;
}

TEST(ExpositionTest, WhatIsInNoTableIsShownNakedSoThatItIsSeen) {
  Exposition out;
  out.add("kafka_made_up", 3);
  EXPECT_EQ(out.text(), "kafka_made_up 3\n");
}

}  // namespace
}  // namespace baton::metrics
