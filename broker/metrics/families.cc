#include "broker/metrics/families.h"

#include <algorithm>

namespace baton::metrics {
namespace {

constexpr Type G = Type::kGauge;
constexpr Type C = Type::kCounter;
constexpr Type S = Type::kSummary;

// clang-format off
constexpr Family kFamilies[] = {
    // The controller's; 0 on every broker that is not the controller.
    {"kafka_controller_kafkacontroller_activecontrollercount", G, "", "1 on the broker that is the controller; the sum over a cluster is to be 1."},
    {"kafka_controller_kafkacontroller_offlinepartitionscount", G, "", "Partitions without a leader."},
    {"kafka_controller_kafkacontroller_preferredreplicaimbalancecount", G, "", "Partitions led by another than the first of their replicas."},
    {"kafka_controller_kafkacontroller_globaltopiccount", G, "", "Topics of the cluster."},
    {"kafka_controller_kafkacontroller_globalpartitioncount", G, "", "Partitions of the cluster."},
    {"kafka_controller_kafkacontroller_activebrokercount", G, "", "Brokers that may be elected: registered, ready, and on a control stream."},
    {"kafka_controller_kafkacontroller_fencedbrokercount", G, "", "Brokers that are registered, or were, and may not be elected now."},
    {"kafka_controller_controllerstats_leaderelectionrateandtimems", S, "", "From a broker's death to its confirmed successors, in ms; quantiles over the failovers kept, count over decisions that moved leaders."},
    {"kafka_controller_controllerstats_uncleanleaderelections_total", C, "", "Leaders elected among dirty replicas: acknowledged records may be missing."},
    {"kafka_controller_controllereventmanager_eventqueuesize", G, "", "Events of the manager that wait while one is handled."},
    {"kafka_controller_controllereventmanager_eventqueuetimems", S, "", "How long answers of the store wait for the manager's thread, in ms."},

    {"kafka_server_replicamanager_leadercount", G, "", "Partitions that this broker leads."},
    {"kafka_server_replicamanager_partitioncount", G, "", "Replicas on this broker."},
    {"kafka_server_replicamanager_underreplicatedpartitions", G, "", "Partitions led here whose ISR lacks a replica."},
    {"kafka_server_replicamanager_underminisrpartitioncount", G, "", "Partitions led here that refuse acks=all, as their ISR is below min.insync.replicas."},
    {"kafka_server_replicamanager_atminisrpartitioncount", G, "", "Partitions led here whose ISR is exactly min.insync.replicas."},
    {"kafka_server_replicamanager_offlinereplicacount", G, "", "Replicas here whose log has failed."},
    {"kafka_server_replicamanager_isrshrinks_total", C, "", "Members that this broker had taken out of an ISR because they lagged."},
    {"kafka_server_replicamanager_isrexpands_total", C, "", "Members that this broker had added to an ISR."},
    {"kafka_server_replicamanager_failedisrupdates_total", C, "", "ISR changes that were refused or never answered."},
    {"kafka_server_replicafetchermanager_maxlag", G, "", "The most records that a follower here lacked of its leader's high watermark at its last fetch."},
    {"kafka_server_brokertopicmetrics_messagesin_total", C, "topic", "Records appended by this broker as leader."},
    {"kafka_server_brokertopicmetrics_bytesin_total", C, "topic", "Bytes of record batches appended by this broker as leader."},
    {"kafka_server_brokertopicmetrics_bytesout_total", C, "topic", "Bytes of record batches given to consumers."},
    {"kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms", S, "", "From a call of ZooKeeper to its answer, in ms."},
    {"kafka_log_logmanager_offlinelogdirectorycount", G, "", "Log directories that have failed; the broker ends with its only one, so it is 0."},
    {"kafka_network_requestmetrics_requests_total", C, "request", "Requests answered."},
    {"kafka_network_requestmetrics_totaltimems", S, "request", "From a request's decoding to its answer, waiting included, in ms."},

    {"baton_controller_epoch", G, "", "The highest controller epoch that this broker has seen."},
    {"baton_metadata_version", G, "", "The level of the metadata's forms that the cluster writes and tells, as this broker has been told; 1 until then."},
    {"baton_session_connected", G, "", "1 while there is a connection to ZooKeeper with a session."},
    {"baton_session_expirations_total", C, "", "Sessions that ZooKeeper has ended."},
    {"baton_registered", G, "", "1 while this broker is registered in its present life."},
    {"baton_ready", G, "", "1 while this broker may take roles: registered, and its former life removed."},
    {"baton_control_stream_connected", G, "", "1 while this broker follows a controller."},
    {"baton_lease_remaining_seconds", G, "", "How long this broker may still acknowledge what needs its lease."},
    {"baton_lease_renewals_total", C, "", "Renewals of the lease that succeeded."},
    {"baton_fenced_requests_total", C, "reason", "What came from the wrong life, epoch or place and was refused, by Kafka's name of the error."},
    {"baton_failovers_total", C, "kind", "Records of the flight recorder that this controller has begun: broker_death, controller_election."},
    {"baton_failover_stage_seconds", S, "stage", "From a broker's death being detected to each stage; quantiles over the records kept, sum and count of this controller."},
    {"baton_election_stage_seconds", S, "stage", "From a controller's loss being detected to each stage; as above."},
};
// clang-format on

}  // namespace

std::string_view name_of(Type type) {
  return type == G ? "gauge" : type == C ? "counter" : "summary";
}

std::span<const Family> families() {
  return kFamilies;
}

const Family* family_of(std::string_view sample) {
  for (const Family& family : kFamilies) {
    if (family.name == sample) return &family;
    if (family.type != S || !sample.starts_with(family.name)) continue;
    const std::string_view rest = sample.substr(family.name.size());
    if (rest == "_sum" || rest == "_count") return &family;
  }
  return nullptr;
}

}  // namespace baton::metrics
