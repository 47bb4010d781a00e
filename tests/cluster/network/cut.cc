#include "tests/cluster/network/cut.h"

#include <algorithm>

namespace baton::rig {

Result<drills::Cast> Cut::cast_of(const cluster::ClusterState& state) {
  drills::Cast cast;
  cast.controller = state.controller_id;
  for (const cluster::BrokerState& broker : state.brokers) {
    if (broker.id != state.controller_id) cast.others.push_back(broker.id);
  }
  if (cast.controller < 0) return fail(ErrorCode::kNotController, "nobody rules");
  return cast;
}

std::string Cut::detected(int broker) {
  for (const auto& [id, epoch] : before.broker_epochs) {
    std::optional<control::Status> status = rig.ask(id);
    if (!status) continue;
    for (const control::FailoverStage& stage : status->recent()) {
      if (stage.broker_id() == broker && stage.stage() == "detected" && stage.boottime_ns() >= cut.ns) return stage.detail();
    }
  }
  return {};
}

void Cut::expect_deposed_was_silent() {
  std::optional<drills::Outcome> first = first_by_another();
  ASSERT_TRUE(first) << "nobody succeeded: nothing was tested";
  Instant succeeded{first->done_ns};
  // On a busy machine the next one may take its time.
  await("a write reaches the deposed leader", [&] {
    const auto outcomes = stubborn->outcomes();
    return std::any_of(outcomes.begin(), outcomes.end(), [&](const drills::Outcome& outcome) { return outcome.sent_ns >= succeeded.ns; });
  });
  for (const drills::Outcome& outcome : stubborn->outcomes()) {
    if (outcome.sent_ns < succeeded.ns) continue;
    EXPECT_NE(outcome.error, 0) << "the deposed leader acknowledged offset " << outcome.offset << " "
                                << static_cast<double>(outcome.sent_ns - succeeded.ns) / 1e6 << " ms after its successor";
  }
}

void Cut::heal_and_count() {
  EXPECT_GT(rig.lab().stopped(), 0) << "the firewall stopped nothing";
  rig.lab().heal();
  rig.await_health();
  await("the ISR is full", [&] { return bed->isr_full(); });
  await("writing goes on", [&, from = clock.now()] { return acknowledged_between(bed->probe(), from, clock.now()) >= 200; });
  stubborn->stop();
  expect_nothing_lost(*bed);
}

}  // namespace baton::rig
