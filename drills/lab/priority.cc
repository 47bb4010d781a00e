#include "drills/lab/priority.h"

namespace baton::lab {

Preferred prefer_one(Conditions conditions) {
  Preferred result;
  result.node = (conditions.nodes + 1) / 2;
  conditions.priorities[result.node] = 1;
  Simulation world(conditions);
  const election::ElectionTiming timing = conditions.timing;
  world.start_all();
  const Duration patience = timing.suspect * 30 + (timing.answer + conditions.delay) * (8 * static_cast<int64_t>(conditions.nodes));
  if (!world.run_until([&] { return !world.believers().empty(); }, patience)) return result;
  result.first = world.believers().front();
  const Instant begun = world.now();
  const Tally before = world.tally();
  world.run_for(timing.suspect);
  // A wish may fail, and is renewed as the ruler of a cluster renews it.
  for (int tries = 0; tries < 8; ++tries) {
    for (int leader : world.believers()) {
      if (leader != result.node) world.give(leader, election::TransferTo{world.guid(result.node), BrokerId(result.node)});
    }
    world.run_for(timing.suspect);
  }
  const Tally& after = world.tally();
  const auto node = static_cast<size_t>(result.node);
  const auto length = static_cast<double>((world.now() - begun).count());
  result.led = static_cast<double>((after.led[node] - before.led[node]).count()) / length;
  result.alone = static_cast<double>((after.leaderless_time - before.leaderless_time).count()) / length;
  return result;
}

}  // namespace baton::lab
