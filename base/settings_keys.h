// Every configuration key, declared once: name, kind, unit, default, allowed range or values, and a sentence for a person.
// Names, meanings and defaults are Apache Kafka 3.9's where it has the key; what is ours or differs says so in its sentence.
// A topic's key takes everything but its name from the broker key that gives its default (its first synonym), where there is one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/metadata_version.h"

namespace baton {

// What a value is: an integer, a fraction, true/false, a text (any, or one of several), a list of texts.
enum class Kind : uint8_t { kInteger, kNumber, kFlag, kText, kList };

struct KeyDeclaration {
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view unit;           // "ms", "bytes", …; empty for a plain count or a text
  std::string_view default_value;  // as it would be written; data() == nullptr: absent unless given
  int64_t min = 0;                 // integers and numbers, both ends included
  int64_t max = 0;
  std::string_view one_of;  // texts and lists: the allowed values, separated by commas; empty: any; or kReplicaNames
  std::string_view doc;
  std::string_view section = {};  // the heading that this key opens in the documentation
  bool without_effect = false;    // taken for the sake of Kafka's files, or until a later release; said where it is given

  constexpr bool absent_by_default() const { return default_value.data() == nullptr; }
};

struct TopicKeyDeclaration {
  std::string_view name;
  // The broker keys that give the default, the first that has a value counting; minutes and hours are converted.
  std::array<std::string_view, 3> synonyms;
  KeyDeclaration own{};  // of a key that brokers have no default for
};

// Of a list: * alone, or any number of partition:broker.
inline constexpr std::string_view kReplicaNames = "partition:broker";

namespace settings_detail {

inline constexpr std::string_view kAbsent{};
inline constexpr int64_t kInt = INT32_MAX;
inline constexpr int64_t kLong = INT64_MAX;

constexpr KeyDeclaration integer(std::string_view name, std::string_view unit, std::string_view value, int64_t min, int64_t max,
                                 std::string_view doc) {
  return {name, Kind::kInteger, unit, value, min, max, {}, doc};
}
constexpr KeyDeclaration number(std::string_view name, std::string_view unit, std::string_view value, int64_t min, int64_t max,
                                std::string_view doc) {
  return {name, Kind::kNumber, unit, value, min, max, {}, doc};
}
constexpr KeyDeclaration flag(std::string_view name, std::string_view value, std::string_view doc) {
  return {name, Kind::kFlag, {}, value, 0, 1, {}, doc};
}
constexpr KeyDeclaration text(std::string_view name, std::string_view value, std::string_view doc) {
  return {name, Kind::kText, {}, value, 0, 0, {}, doc};
}
constexpr KeyDeclaration one_of(std::string_view name, std::string_view value, std::string_view values, std::string_view doc) {
  return {name, Kind::kText, {}, value, 0, 0, values, doc};
}
constexpr KeyDeclaration list(std::string_view name, std::string_view value, std::string_view values, std::string_view doc) {
  return {name, Kind::kList, {}, value, 0, 0, values, doc};
}
// A test sees to it that these keys are read nowhere, and all others somewhere.
constexpr KeyDeclaration without_effect(KeyDeclaration key) {
  key.without_effect = true;
  return key;
}
constexpr KeyDeclaration opening(std::string_view section, KeyDeclaration key) {
  key.section = section;
  return key;
}

// clang-format off
inline constexpr KeyDeclaration kBrokerKeys[] = {
    opening("Identity and network",
    integer("broker.id", "", "-1", -1, kInt, "The broker's number, unique in the cluster and kept for ever; it must be given (Kafka could generate one).")),
    text("broker.rack", kAbsent, "Where the broker stands; replicas of a partition are spread over racks."),
    list("process.roles", "broker,controller", "broker,controller", "What this process does; one without `controller` is never a candidate, one without `broker` has no listeners and no partitions."),
    list("listeners", "PLAINTEXT://:9092", "", "Where clients connect, NAME://host:port; an empty host means all interfaces."),
    list("advertised.listeners", kAbsent, "", "What clients and other brokers are told to connect to; the listeners unless given."),
    list("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL", "", "Which security protocol each listener name means."),
    text("inter.broker.listener.name", kAbsent, "The listener that brokers use among themselves; the first one unless given."),
    integer("num.network.threads", "threads", "3", 1, 1024, "Reactors, one shard of partitions each; never more than the machine has cores."),
    without_effect(integer("num.io.threads", "threads", "8", 1, 1024, "A reactor does its own input and output.")),
    without_effect(integer("queued.max.requests", "requests", "500", 1, kInt, "Requests are handled as they come; what they hold in memory is bounded instead.")),
    integer("socket.request.max.bytes", "bytes", "104857600", 1, kInt, "The largest request; the connection of a larger one is closed before anything is allocated."),
    integer("socket.send.buffer.bytes", "bytes", "-1", -1, kInt, "The kernel's send buffer of a connection; -1 leaves it to the system, which adapts it (Kafka: 102400)."),
    integer("socket.receive.buffer.bytes", "bytes", "-1", -1, kInt, "The kernel's receive buffer of a connection; -1 leaves it to the system, which adapts it (Kafka: 102400)."),
    integer("socket.listen.backlog.size", "connections", "1024", 1, kInt, "Connections that wait to be accepted (Kafka: 50; a failover brings every client at once)."),
    integer("connections.max.idle.ms", "ms", "600000", -1, kLong, "A client's connection without requests for this long is closed; -1: never."),
    integer("max.connections", "connections", "10000", 1, kInt, "Client connections at once (Kafka has no limit)."),
    integer("max.connections.per.ip", "connections", "2000", 1, kInt, "Client connections at once from one address (Kafka has no limit)."),
    integer("fetch.max.bytes", "bytes", "57671680", 1024, kInt, "The most that one Fetch response holds, whatever the client asks."),
    without_effect(integer("max.incremental.fetch.session.cache.slots", "sessions", "1000", 0, kInt, "Incremental fetch sessions that are remembered.")),

    opening("Replication",
    integer("default.replication.factor", "replicas", "1", 1, INT16_MAX, "Replicas of a topic that is created without saying how many.")),
    integer("min.insync.replicas", "replicas", "1", 1, kInt, "An acks=all write needs so many in-sync replicas; below, the high watermark stands still."),
    integer("replica.lag.time.max.ms", "ms", "30000", 1, kLong, "A follower that has not caught up for this long leaves the ISR (a dead one leaves at once)."),
    integer("replica.fetch.max.bytes", "bytes", "1048576", 0, kInt, "Bytes of one partition that a follower asks for in a Fetch."),
    integer("replica.fetch.wait.max.ms", "ms", "500", 0, kInt, "How long a leader may hold a follower's Fetch when there is nothing new."),
    integer("replica.fetch.min.bytes", "bytes", "1", 0, kInt, "A leader answers a follower's Fetch when it has this many bytes."),
    integer("replica.fetch.backoff.ms", "ms", "1000", 0, kInt, "A follower waits this long after a fetch that failed."),
    integer("replica.fetch.response.max.bytes", "bytes", "10485760", 0, kInt, "Bytes of one Fetch response of a follower, over all partitions."),
    without_effect(integer("num.replica.fetchers", "connections", "1", 1, 1024, "Fetching connections to each leading broker.")),
    integer("replica.high.watermark.checkpoint.interval.ms", "ms", "5000", 1, kLong, "How often high watermarks are written to disk."),
    integer("replica.socket.timeout.ms", "ms", "30000", 1, kInt, "A request between brokers without an answer for this long has failed."),
    without_effect(integer("request.timeout.ms", "ms", "30000", 0, kInt, "The longest that a request waits inside the cluster, topic creation for instance.")),

    opening("Leadership",
    one_of("controller.election", "zookeeper", "zookeeper,herd,bully,ring,hirschberg-sinclair,raft,paxos,lease", "Which algorithm nominates the controller, the same for all candidates; the store's epoch decides in any case.")),
    list("controller.quorum.voters", kAbsent, "", "Every candidate and its control listener, id@host:port, the same list for all; for algorithms whose candidates ask each other (bully, ring, hirschberg-sinclair, raft, paxos). Changed by one voter at a time."),
    integer("controller.election.beat.ms", "ms", "100", 10, 60000, "How often a nominee tells the other candidates that it lives, or renews its lease; at most half of controller.election.suspect.ms. Not for zookeeper and herd."),
    integer("controller.election.suspect.ms", "ms", "500", 50, 600000, "Without a sign of life for so long a nominee is taken for gone; a proven death is not waited for. Not for zookeeper."),
    integer("controller.election.answer.ms", "ms", "50", 5, 60000, "A candidate's answer comes within this time or not at all: more than a round trip and a write to disk; at most half of controller.election.suspect.ms. Not for zookeeper."),
    integer("controller.priority", "", "0", -kInt, kInt, "Of the candidates the one with the highest rules, once it is steady; the others when it is away."),
    integer("metadata.version.max", "", kAbsent, kMetadataSingles, kMetadataNewest, "The highest version of the metadata's forms that this process claims to know; all that it knows unless given. While one process of the cluster stays below, new forms are not used: an upgrade can be taken back until then."),
    flag("proof.of.death", "true", "Take a process's closed connections, refused reconnection included, for its death; false behind transparent proxies."),
    integer("leader.lease.ms", "ms", "600", 50, 60000, "How long a lease lasts; a silent leader's successor waits this long and the drift."),
    integer("leader.lease.renew.ms", "ms", "200", 10, 60000, "How often a broker renews its lease; at most half the lease."),
    number("clock.drift.percent", "percent", "2", 0, 50, "How far two machines' clocks may run apart; added to every lease that is waited out."),
    flag("broker.supervised", "false", "Run the broker under a supervisor, a process of its own: it reports the broker's death, starts it anew, and kills one that hangs, if the controller lets it."),
    integer("leader.stall.timeout.ms", "ms", "300", 100, kInt, "A broker of which a thread makes no progress for this long hangs: its supervisor asks to kill it; where it waits for the disk it gives up its leaderships instead."),
    text("control.listener", "127.0.0.1:0", "host:port of the control channel between brokers and controller; port 0 takes a free one. Over several hosts give an address that the others reach."),
    text("control.advertised.host", kAbsent, "The host that others use for the control channel; the control listener's unless given."),
    integer("control.advertised.port", "", kAbsent, 1, 65535, "The port that others use for the control channel; the bound one unless given."),
    integer("control.timeout.ms", "ms", "1000", 50, kInt, "A broker without a control stream for this long is silent, and replaced."),
    text("metrics.listener", kAbsent, "host:port at which /metrics is served in Prometheus' text format, to whoever reaches it; not at all unless given."),
    flag("auto.leader.rebalance.enable", "true", "Give leaderships back to preferred replicas: soon after their broker has caught up, and at each check."),
    integer("leader.rebalance.delay.ms", "ms", "300", 0, kInt, "How long a broker that was away has to be in all its ISRs before it leads again; doubled for each further death within ten minutes."),
    integer("leader.imbalance.check.interval.seconds", "s", "300", 1, 1000000000, "How often leaderships are looked over, whoever was away or not."),
    integer("leader.imbalance.per.broker.percentage", "percent", "10", 0, 100, "At a check, leaderships are given back to a broker that misses more than this share of those that it is preferred for."),
    one_of("leader.balance", "count", "count,load", "What that check evens out: how many leaderships a broker has of those that it is preferred for, or the bytes a second that go in and out of what it leads."),
    integer("leader.load.report.ms", "ms", "5000", 100, kInt, "How often at most a broker tells the controller how much what it leads is used, and how long its log takes."),
    integer("leader.avoid.slow.ms", "ms", "50", 0, kInt, "A broker whose appends take longer than this on the mean, and ten times as long as the others', leads only where nobody else can; 0: nobody is slow."),
    flag("unclean.leader.election.enable", "false", "Let a replica outside the ISR lead when no other lives: available sooner, acknowledged records lost."),
    flag("controlled.shutdown.enable", "true", "Hand leaderships over before the process ends."),
    without_effect(integer("controlled.shutdown.max.retries", "", "3", 1, kInt, "How often handing over is tried.")),
    without_effect(integer("controlled.shutdown.retry.backoff.ms", "ms", "5000", 1, kLong, "The wait between two tries of handing over.")),

    opening("ZooKeeper",
    list("zookeeper.connect", kAbsent, "", "host:port of each server, separated by commas, a chroot after the last; must be given.")),
    integer("zookeeper.session.timeout.ms", "ms", "1000", 100, kInt, "Silence after which a broker's session ends. Kafka's 18000 would leave a hung leader's partitions without a leader for 9 to 18 s; "
            "1000, with the lease and its drift, bounds silence by 2 s. The servers' minSessionTimeout must allow it."),
    without_effect(integer("zookeeper.connection.timeout.ms", "ms", kAbsent, 1, kInt, "How long the first connection may take; the session's time-out, and at least 10 s, unless given.")),
    without_effect(flag("zookeeper.set.acl", "false", "Create nodes with access control.")),
    without_effect(integer("zookeeper.max.in.flight.requests", "requests", "10", 1, kInt, "Requests to ZooKeeper in flight at once.")),

    opening("Log",
    list("log.dirs", "/tmp/baton-logs", "", "Directories of the logs (Kafka: /tmp/kafka-logs); this release uses the first one.")),
    integer("num.partitions", "partitions", "1", 1, kInt, "Partitions of a topic that is created without saying how many."),
    flag("auto.create.topics.enable", "true", "Create a topic when a client asks for its metadata and allows it."),
    flag("delete.topic.enable", "true", "Allow topics to be deleted."),
    list("log.cleanup.policy", "delete", "delete,compact", "Old segments are deleted, or compacted to the last record of each key, or both."),
    integer("log.segment.bytes", "bytes", "1073741824", 14, kInt, "A segment that would grow larger is closed and a new one begun."),
    integer("log.roll.ms", "ms", kAbsent, 1, kLong, "A segment this old is closed; log.roll.hours unless given."),
    integer("log.roll.hours", "hours", "168", 1, kInt, "A segment this old is closed."),
    without_effect(integer("log.roll.jitter.ms", "ms", kAbsent, 0, kLong, "The age is lessened by a random time up to this, so that not all segments close at once.")),
    without_effect(integer("log.roll.jitter.hours", "hours", "0", 0, kInt, "As log.roll.jitter.ms, in hours.")),
    integer("log.retention.ms", "ms", kAbsent, -1, kLong, "Segments whose last record is older are deleted; -1: never."),
    integer("log.retention.minutes", "minutes", kAbsent, -1, kInt, "As log.retention.ms, in minutes."),
    integer("log.retention.hours", "hours", "168", -1, kInt, "As log.retention.ms, in hours."),
    integer("log.retention.bytes", "bytes", "-1", -1, kLong, "The oldest segments of a partition that is larger are deleted; -1: no limit."),
    integer("log.retention.check.interval.ms", "ms", "300000", 1, kLong, "How often retention is looked at."),
    integer("log.segment.delete.delay.ms", "ms", "60000", 0, kLong, "How long the logs of topics that were deleted while the broker was away are kept aside; what is deleted in its presence goes at once."),
    integer("log.index.interval.bytes", "bytes", "4096", 0, kInt, "Bytes of records between two entries of the offset index."),
    without_effect(integer("log.index.size.max.bytes", "bytes", "10485760", 4, kInt, "The largest index; a segment whose index is full is closed.")),
    one_of("log.flush.policy", "os", "os,commit", "Ours. os: the system writes when it likes, a record survives crashes of processes and, by its replicas, of fewer machines than "
           "min.insync.replicas; commit: fsync before each acknowledgement, a record survives the crash of every machine at once."),
    without_effect(integer("log.flush.interval.messages", "messages", "9223372036854775807", 1, kLong, "fsync after so many records, whatever the policy.")),
    without_effect(integer("log.flush.interval.ms", "ms", kAbsent, 0, kLong, "fsync records that are older, whatever the policy; never unless given.")),
    without_effect(flag("log.preallocate", "false", "Files are never allocated in advance.")),
    integer("message.max.bytes", "bytes", "1048588", 0, kInt, "The largest record batch that a producer may send."),
    without_effect(one_of("compression.type", "producer", "producer,uncompressed,gzip,snappy,lz4,zstd", "Batches are stored as the producer compressed them.")),
    one_of("log.message.timestamp.type", "CreateTime", "CreateTime,LogAppendTime", "Whose clock stamps records: the producer's or the broker's."),
    integer("log.message.timestamp.before.max.ms", "ms", "9223372036854775807", 0, kLong, "A record that claims to be older is refused."),
    integer("log.message.timestamp.after.max.ms", "ms", "9223372036854775807", 0, kLong, "A record that claims to come from a later time is refused."),
    without_effect(flag("log.message.downconversion.enable", "true", "No client of a version that is served needs it.")),
    without_effect(integer("log.cleaner.delete.retention.ms", "ms", "86400000", 0, kLong, "How long compaction keeps the mark of a deleted key.")),
    without_effect(integer("log.cleaner.min.compaction.lag.ms", "ms", "0", 0, kLong, "Records younger than this are not compacted.")),
    without_effect(integer("log.cleaner.max.compaction.lag.ms", "ms", "9223372036854775807", 1, kLong, "Records older than this are compacted whatever the ratio.")),
    without_effect(number("log.cleaner.min.cleanable.ratio", "", "0.5", 0, 1, "The share of a log that must be uncompacted before compaction runs.")),

    opening("Groups, producers and transactions",
    integer("offsets.topic.num.partitions", "partitions", "50", 1, kInt, "Partitions of __consumer_offsets; must not change once it exists.")),
    integer("offsets.topic.replication.factor", "replicas", "3", 1, INT16_MAX, "Replicas of __consumer_offsets; a smaller cluster can not create it."),
    integer("offsets.topic.segment.bytes", "bytes", "104857600", 1, kInt, "Segments of __consumer_offsets are small, so that loading and compaction are fast."),
    integer("offsets.retention.minutes", "minutes", "10080", 1, kInt, "Offsets of a group without members are forgotten after this."),
    integer("offsets.retention.check.interval.ms", "ms", "600000", 1, kLong, "How often forgotten offsets are looked for."),
    integer("offsets.commit.timeout.ms", "ms", "5000", 1, kInt, "A commit that its replicas have not got within this time fails."),
    integer("offset.metadata.max.bytes", "bytes", "4096", 0, kInt, "The longest note that a client may store with an offset."),
    integer("group.min.session.timeout.ms", "ms", "6000", 0, kInt, "The shortest session time-out that a member may ask for."),
    integer("group.max.session.timeout.ms", "ms", "1800000", 0, kInt, "The longest session time-out that a member may ask for."),
    integer("group.initial.rebalance.delay.ms", "ms", "3000", 0, kInt, "How long an empty group waits for more members before its first generation."),
    integer("group.max.size", "members", "2147483647", 1, kInt, "Members that a group may have."),
    integer("producer.id.expiration.ms", "ms", "86400000", 1, kInt, "An idempotent producer that is silent for this long is forgotten."),
    without_effect(integer("transaction.state.log.num.partitions", "partitions", "50", 1, kInt, "Transactions do not exist yet.")),
    without_effect(integer("transaction.state.log.replication.factor", "replicas", "3", 1, INT16_MAX, "Transactions do not exist yet.")),
    without_effect(integer("transaction.state.log.min.isr", "replicas", "2", 1, kInt, "Transactions do not exist yet.")),

    opening("Shown to tools",
    without_effect(text("inter.broker.protocol.version", "3.9", "What tools that ask for it are told."))),
};

inline constexpr TopicKeyDeclaration kTopicKeys[] = {
    {"cleanup.policy", {"log.cleanup.policy"}},
    {"compression.type", {"compression.type"}},
    {"delete.retention.ms", {"log.cleaner.delete.retention.ms"}},
    {"file.delete.delay.ms", {"log.segment.delete.delay.ms"}},
    {"flush.messages", {"log.flush.interval.messages"}},
    {"flush.ms", {"log.flush.interval.ms"}},
    {"follower.replication.throttled.replicas", {""}, list("", "", kReplicaNames, "Replicas that follower.replication.throttled.rate slows down while they fetch outside the ISR, each as partition:broker; * means all.")},
    {"index.interval.bytes", {"log.index.interval.bytes"}},
    {"leader.replication.throttled.replicas", {""}, list("", "", kReplicaNames, "Replicas that leader.replication.throttled.rate slows down while they lead and send to one outside the ISR, each as partition:broker; * means all.")},
    {"max.compaction.lag.ms", {"log.cleaner.max.compaction.lag.ms"}},
    {"max.message.bytes", {"message.max.bytes"}},
    {"message.downconversion.enable", {"log.message.downconversion.enable"}},
    {"message.timestamp.after.max.ms", {"log.message.timestamp.after.max.ms"}},
    {"message.timestamp.before.max.ms", {"log.message.timestamp.before.max.ms"}},
    {"message.timestamp.type", {"log.message.timestamp.type"}},
    {"min.cleanable.dirty.ratio", {"log.cleaner.min.cleanable.ratio"}},
    {"min.compaction.lag.ms", {"log.cleaner.min.compaction.lag.ms"}},
    {"min.insync.replicas", {"min.insync.replicas"}},
    {"preallocate", {"log.preallocate"}},
    {"retention.bytes", {"log.retention.bytes"}},
    {"retention.ms", {"log.retention.ms", "log.retention.minutes", "log.retention.hours"}},
    {"segment.bytes", {"log.segment.bytes"}},
    {"segment.index.bytes", {"log.index.size.max.bytes"}},
    {"segment.jitter.ms", {"log.roll.jitter.ms", "log.roll.jitter.hours"}},
    {"segment.ms", {"log.roll.ms", "log.roll.hours"}},
    {"unclean.leader.election.enable", {"unclean.leader.election.enable"}},
};
// clang-format on

constexpr size_t broker_key_index(std::string_view name) {
  for (size_t i = 0; i < std::size(kBrokerKeys); ++i) {
    if (kBrokerKeys[i].name == name) return i;
  }
  throw "no such configuration key of a broker";
}
constexpr size_t topic_key_index(std::string_view name) {
  for (size_t i = 0; i < std::size(kTopicKeys); ++i) {
    if (kTopicKeys[i].name == name) return i;
  }
  throw "no such configuration key of a topic";
}
constexpr const KeyDeclaration& declaration_of(const TopicKeyDeclaration& key) {
  return key.synonyms[0].empty() ? key.own : kBrokerKeys[broker_key_index(key.synonyms[0])];
}

}  // namespace settings_detail

constexpr std::span<const KeyDeclaration> broker_keys() {
  return settings_detail::kBrokerKeys;
}
constexpr std::span<const TopicKeyDeclaration> topic_keys() {
  return settings_detail::kTopicKeys;
}
// Kind, unit, range and sentence of a topic's key.
constexpr const KeyDeclaration& declaration_of(const TopicKeyDeclaration& key) {
  return settings_detail::declaration_of(key);
}

// A key's name, checked when the program is compiled.
struct AnyBrokerKey {
  size_t index;
  consteval AnyBrokerKey(const char* name) : index(settings_detail::broker_key_index(name)) {}
};
template <Kind kind>
struct BrokerKey {
  size_t index;
  consteval BrokerKey(const char* name) : index(settings_detail::broker_key_index(name)) {
    if (settings_detail::kBrokerKeys[index].kind != kind) throw "this key holds another kind of value";
  }
};
template <Kind kind>
struct TopicKey {
  size_t index;
  consteval TopicKey(const char* name) : index(settings_detail::topic_key_index(name)) {
    if (settings_detail::declaration_of(settings_detail::kTopicKeys[index]).kind != kind) throw "this key holds another kind of value";
  }
};

}  // namespace baton
