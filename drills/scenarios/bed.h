// What every drill needs around its fault: a topic of its own with chosen replicas, clients at work on it before the fault, and
// afterwards the reading back that settles what was lost. Times are on CLOCK_BOOTTIME. Not thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "cli/cluster/cluster.h"
#include "drills/probe/raw_probe.h"
#include "drills/scenarios/ledger.h"
#include "drills/scenarios/load.h"
#include "drills/scenarios/report.h"

namespace baton::drills {

using Say = std::function<void(const std::string&)>;

// True as soon as the condition holds; asks about every 2 ms.
bool wait_for(std::chrono::milliseconds at_most, const std::function<bool()>& condition);
double ms_between(Instant from, int64_t to_ns);

// What a bed has to know of the cluster around it.
struct Place {
  std::string bootstrap;
  std::function<cluster::ClusterState()> state;  // may be called at any time from the bed's thread

  // The cluster must outlive the place.
  static Place of(const cluster::Cluster& cluster);
};

// How the clients of a bed behave.
struct Clients {
  std::map<std::string, std::string> producer_settings;  // librdkafka's, beside acks=all and idempotence
  std::chrono::microseconds interval{1000};              // between two records of each writer
};

class Bed {
 public:
  // `replicas`: the first leads.
  Bed(Place place, std::string topic, std::vector<int> replicas);
  ~Bed();

  // Creates the topic and returns once its ISR is full and both producers get acknowledgements.
  Status prepare(const Clients& clients = {});
  // Lets everything settle, reads all back, compares, removes the topic.
  Status settle(Round& round);

  RawProbe& probe() { return *probe_; }
  KafkaLoad& load() { return *load_; }
  const std::string& topic() const { return topic_; }
  // Further writers whose acknowledgements are to be found again.
  Ledger& ledger() { return ledger_; }
  cluster::PartitionState partition() const;
  bool isr_full() const;

 private:
  Place place_;
  std::string topic_;
  std::vector<int> replicas_;
  bool created_ = false;
  std::unique_ptr<RawProbe> probe_;
  std::unique_ptr<KafkaLoad> load_;
  std::unique_ptr<Follower> follower_;
  Ledger ledger_;
};

// Ids that a drill chooses from: live brokers, the controller among them or -1.
struct Cast {
  int controller = -1;
  std::vector<int> others;        // live brokers, not the controller
  bool controller_alone = false;  // it is no broker

  // Live brokers, the controller last where it is one.
  std::vector<int> brokers() const;

  static Result<Cast> of(const cluster::Cluster& cluster);
};

// The stages of a failover of `broker` since `fault`, as the nodes tell them, into the round's timeline.
void add_stages(Round& round, const cluster::Cluster& cluster, int broker, Instant fault);
void sort_timeline(Round& round);

}  // namespace baton::drills
