// Where everything lies in the store, relative to the chroot of `zookeeper.connect`. Who may write a node is part of its
// meaning: see docs/formats.md.
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/ids.h"

namespace baton::paths {

inline constexpr char kControllerEpoch[] = "/controller_epoch";  // a claim sets it; its version guards every controller write
inline constexpr char kController[] = "/controller";             // ephemeral, Kafka's JSON; informative
inline constexpr char kElection[] = "/election";
inline constexpr char kCandidates[] = "/election/candidates";  // <guid>-n_<sequence>, ephemeral sequential
inline constexpr char kElectionLeader[] = "/election/leader";  // ephemeral; the herd's elector alone
inline constexpr char kElectionLease[] = "/election/lease";    // persistent; the lease's elector alone
inline constexpr char kBrokers[] = "/brokers";
inline constexpr char kBrokerEpochs[] = "/brokers/epochs";     // N: registration and tombstone, nobody else
inline constexpr char kBrokerIds[] = "/brokers/ids";           // N: ephemeral, Kafka's JSON
inline constexpr char kBrokersRemoved[] = "/brokers/removed";  // N: written by the controller alone
inline constexpr char kBrokerLeases[] = "/brokers/leases";     // N: written by broker N alone
inline constexpr char kMetadata[] = "/metadata";
inline constexpr char kPages[] = "/metadata/pages";                   // written by the controller alone
inline constexpr char kTopics[] = "/metadata/topics";                 // its existence commits a topic's creation
inline constexpr char kProducerIds[] = "/metadata/producer_ids";      // next block of producer ids
inline constexpr char kMetadataVersion[] = "/metadata/version";       // the level of the forms; written by the controller alone
inline constexpr char kOrders[] = "/metadata/orders";                 // of operators; written by the controller alone
inline constexpr char kBrokerConfigs[] = "/metadata/broker_configs";  // what was set while brokers run
inline constexpr char kFailovers[] = "/metadata/failovers";           // history, written by the controller alone
inline constexpr char kLeaderChanges[] = "/metadata/leader_changes";  // the same
inline constexpr char kCluster[] = "/cluster";
inline constexpr char kClusterId[] = "/cluster/id";

inline std::string broker_epoch(BrokerId id) {
  return fmt::format("{}/{}", kBrokerEpochs, id.value());
}
inline std::string broker_id(BrokerId id) {
  return fmt::format("{}/{}", kBrokerIds, id.value());
}
inline std::string broker_removed(BrokerId id) {
  return fmt::format("{}/{}", kBrokersRemoved, id.value());
}
inline std::string broker_lease(BrokerId id) {
  return fmt::format("{}/{}", kBrokerLeases, id.value());
}
// Ten digits, so that the names sort as the numbers do.
inline std::string page(int32_t number) {
  return fmt::format("{}/{:010}", kPages, number);
}
inline std::string topic(const std::string& name) {
  return fmt::format("{}/{}", kTopics, name);
}

}  // namespace baton::paths
