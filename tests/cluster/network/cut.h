// A broker that leads, with writers at it, in a network that is about to be cut: what the suites of network faults begin with.
#pragma once

#include <gtest/gtest.h>

#include "tests/cluster/rig/checks.h"
#include "tests/cluster/rig/network_cluster.h"

namespace baton::rig {

class Cut : public testing::Test {
 protected:
  explicit Cut(int brokers = 3, std::map<std::string, std::string> settings = {}, int zookeepers = 1)
      : rig(brokers, std::move(settings), "/baton/test", zookeepers) {
    cast = must(cast_of(rig.state()), "the cast");
  }

  // The topic's leader comes first in `replicas`; a client that never looks for another one writes to it with acks=1.
  void begin(const std::vector<int>& replicas) {
    leader = replicas.front();
    bed.emplace(rig.place(), "cut", replicas);
    must(bed->prepare(), "preparing");
    stubborn.emplace(writer(rig.bootstrap(), "cut", 1, "stubborn", leader));
    stubborn->start();
    await("acks=1 is acknowledged", [&] { return stubborn->acknowledged() >= 100; });
    before = Standing::of(rig.state());
    cut = clock.now();
  }
  // How the death of a broker was detected since the cut, as any node tells; empty when none does.
  std::string detected(int broker);
  void await_successor() {
    await("another broker acknowledges",
          [&] { return bed->partition().leader != leader && bed->probe().leader() != leader && acknowledged_by_another(); });
  }
  // The first record that another broker than the old leader acknowledged.
  std::optional<drills::Outcome> first_by_another() { return bed->probe().first_acknowledged(cut, leader); }
  bool acknowledged_by_another() { return first_by_another().has_value(); }
  // Nothing that reached the old leader after its successor's first acknowledgement was acknowledged.
  void expect_deposed_was_silent();
  // Everything passes again, and all is well. What was acknowledged to the bed's clients is there.
  void heal_and_count();

  static Result<drills::Cast> cast_of(const cluster::ClusterState& state);

  SystemClock clock;
  NetworkCluster rig;
  drills::Cast cast;
  int leader = -1;
  Standing before;
  Instant cut;
  std::optional<drills::Bed> bed;
  std::optional<drills::RawProbe> stubborn;
};

}  // namespace baton::rig
