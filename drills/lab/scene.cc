#include "drills/lab/scene.h"

#include <algorithm>
#include <map>

namespace baton::lab {
namespace {

// What happens at an instant, in order.
using Agenda = std::multimap<Duration, std::function<void(Simulation&)>>;

void intervene(Simulation& world, const Intervention& wish) {
  if (wish.kind == Intervention::Kind::kKill) world.crash(wish.node);
  if (wish.kind == Intervention::Kind::kStop) world.pause(wish.node);
  if (wish.kind == Intervention::Kind::kCut) {
    const Fault cut{Fault::Kind::kPartition, {wish.node}, {}, {}};
    begin(world, cut, {wish.node});
  }
}

}  // namespace

Played play(const Scene& scene, const Intervention* intervention) {
  Conditions conditions;
  conditions.elector = scene.elector;
  conditions.nodes = scene.nodes;
  conditions.seed = scene.seed;
  conditions.claim = scene.claim;
  conditions.trace = true;
  conditions.write_every = std::chrono::hours(1);  // a diagram is of the election
  Simulation world(conditions);
  Played played;
  played.start = world.now();
  for (int id = 1; id <= scene.nodes; ++id) played.names.push_back(std::to_string(id));
  Agenda agenda;
  std::vector<std::vector<int>> struck(scene.faults.size());
  for (size_t i = 0; i < scene.faults.size(); ++i) {
    const Fault& fault = scene.faults[i];
    agenda.emplace(fault.at, [&fault, &struck, i](Simulation& at) {
      struck[i] = victims(at, fault);
      begin(at, fault, struck[i]);
    });
    agenda.emplace(fault.at + fault.lasts, [&fault, &struck, i](Simulation& at) { end(at, fault, struck[i]); });
  }
  if (intervention != nullptr) agenda.emplace(intervention->at, [intervention](Simulation& at) { intervene(at, *intervention); });
  world.start_all();
  for (const auto& [at, what] : agenda) {
    if (at > scene.length) break;
    if (played.start + at > world.now()) world.run_for(played.start + at - world.now());
    what(world);
  }
  if (played.start + scene.length > world.now()) world.run_for(played.start + scene.length - world.now());
  for (const TraceEvent& event : world.trace()) {
    const bool writes = event.kind == TraceEvent::Kind::kStore && event.words.find("/written") != std::string::npos;
    if (!writes) played.events.push_back(event);
  }
  return played;
}

}  // namespace baton::lab
