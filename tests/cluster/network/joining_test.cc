// Brokers on hosts of their own: a chroot that nobody made before, addresses that are advertised and not those listened on, and two
// clusters in one ZooKeeper.
#include <gtest/gtest.h>

#include "broker/protocol/messages/metadata.h"
#include "cli/client/kafka_client.h"
#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/network_cluster.h"
#include "tests/cluster/rig/store_reader.h"

namespace baton::rig {
namespace {

TEST(Joining, ClientsAreToldTheAdvertisedAddressesWhateverBrokerTheyAsk) {
  NetworkCluster rig(3, {}, "/deep/down/here");
  for (int id = 1; id <= 3; ++id) {
    client::Address address{rig.lab().address(rig.host(id)), 9092};
    auto client = must(client::KafkaClient::open({address}, client::after(kPatience)), "connecting");
    auto metadata = must(client.call<protocol::MetadataRequest, protocol::MetadataResponse>(4, {}, client::after(kPatience)), "metadata");
    ASSERT_EQ(metadata.brokers.size(), 3u);
    for (const auto& broker : metadata.brokers) {
      EXPECT_EQ(broker.host, rig.lab().address(rig.host(broker.node_id.value())));
      EXPECT_EQ(broker.port, 9092);
    }
  }
  StoreReader inside(rig.zookeeper_connect());
  StoreReader outside(rig.zookeeper_connect().substr(0, rig.zookeeper_connect().find('/')));
  EXPECT_TRUE(inside.find("/brokers/ids/1"));
  EXPECT_TRUE(outside.find("/deep/down/here/brokers/ids/1"));
  EXPECT_FALSE(outside.find("/brokers"));
  drills::Bed bed(rig.place(), "far", {1, 2, 3});
  must(bed.prepare(), "preparing");
  expect_nothing_lost(bed);
}

}  // namespace
}  // namespace baton::rig
