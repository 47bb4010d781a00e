// What the store and the controller's memory have to say of each other: who is taken out of a page and why, when a removal is
// marked, and whether the ruling controller holds what is stored.
#include <algorithm>
#include <cstdlib>

#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {

// Registered by the store's account, and its former life is out of all pages.
bool Cluster::lives(int id) const {
  const auto* node = store->tree().find(paths::broker_epoch(BrokerId(id)));
  control::Registration record;
  if (node == nullptr || !record.ParseFromString(node->data) || record.life() != control::Registration::LIVE) return false;
  if (record.predecessor().empty()) return true;
  const auto* mark = store->tree().find(paths::broker_removed(BrokerId(id)));
  control::RemovedMark removed;
  return mark != nullptr && removed.ParseFromString(mark->data) && removed.incarnation() == record.predecessor();
}

// R3, R4: nobody is taken out of a page before its tombstone stands (or its next life has registered), unless its leader asked for it
// or gave its word.
void Cluster::check_removals(const std::string& topic_id, const control::Partition& former, const control::Partition& state) {
  auto has = [](const auto& ids, int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  const bool word = words_.contains({topic_id, state.index(), former.leader_epoch()});
  const bool asked = asked_.contains({topic_id, state.index(), former.partition_epoch()});
  const Instant now = scheduler.now();
  for (const int32_t id : former.isr()) {
    if (has(state.isr(), id) || asked || word) continue;
    // A reassignment's end, or the end of its adding.
    if (!has(state.replicas(), id) && (has(former.removing(), id) || has(former.adding(), id))) continue;
    invariants.check("TombstoneBeforePages", !lives(id), now,
                     [&] { return fmt::format("{} leaves an ISR while it is registered: {}", id, state.ShortDebugString()); });
  }
  if (former.leader() == -1 || state.leader() == former.leader() || word) return;
  invariants.check("TombstoneBeforePages", !lives(former.leader()), now,
                   [&] { return fmt::format("{} is succeeded while it is registered: {}", former.leader(), state.ShortDebugString()); });
}

// R3: the mark is the last of the writes about a death, and of a silent one it comes when the last lease is over.
void Cluster::check_mark(const std::string& path, const std::string& data) {
  const int id = std::atoi(path.c_str() + path.rfind('/') + 1);
  control::RemovedMark mark;
  invariants.check("PagesParse", mark.ParseFromString(data), scheduler.now(), [&] { return path; });
  auto names = [id](const control::Partition& state) {
    return state.leader() == id || std::find(state.isr().begin(), state.isr().end(), id) != state.isr().end();
  };
  const bool named = std::any_of(states_.begin(), states_.end(), [&](const auto& each) { return names(each.second); });
  invariants.check("MarkAfterPages", !named, scheduler.now(), [&] { return fmt::format("{} is marked removed, and a page names it", id); });
  const bool may_act =
      process(id).alive() && process(id).incarnation().raw() == mark.incarnation() && host(id).lease_until() > scheduler.now();
  invariants.check("MarkAfterLease", !may_act, scheduler.now(), [&] { return fmt::format("{} is marked removed and may still act", id); });
}

// What a version brought is told at its level, and to nobody who does not know it.
void Cluster::check_forms(int to, const control::Frame& frame) {
  const bool columns = frame.delta().pieces_size() > 0 || frame.delta().kept_pages_size() > 0 || frame.stream_hello().vouched_size() > 0;
  if (!columns) return;
  invariants.check("FormsAtTheirLevel", level() >= kMetadataColumns, scheduler.now(),
                   [&] { return fmt::format("{} is told forms of version {} at level {}", to, kMetadataColumns, level()); });
  // A deposed controller may be told what it does not know: it refuses it.
  const bool listens = frame.has_delta() && process(to).alive();
  invariants.check("FormsAtTheirLevel", !listens || running_versions_[to] >= kMetadataColumns, scheduler.now(), [&] {
    return fmt::format("{}, which knows {}, is told forms of version {}", to, running_versions_[to], kMetadataColumns);
  });
}

// The level only rises, and no higher than what everybody knows; save whoever registered when the controller could not know of it.
void Cluster::check_level(const std::string& data) {
  const int level = metadata_level(data).value_or(-1);
  invariants.check("LevelRises", level > level_, scheduler.now(), [&] { return fmt::format("level {} after {}", data, level_); });
  level_ = level;
  for (auto& [id, each] : processes_) {
    const auto* node = store->tree().find(paths::broker_epoch(BrokerId(id)));
    control::Registration record;
    if (node == nullptr || !record.ParseFromString(node->data) || record.life() != control::Registration::LIVE) continue;
    const bool unseen = scheduler.now() - registered_at_[id] < std::chrono::milliseconds(50);
    invariants.check("LevelIsKnownToAll", unseen || record.metadata_version() >= level, scheduler.now(),
                     [&, id = id] { return fmt::format("level {}, of which {} does not know", level, id); });
  }
}

// Whenever no write is under way, the ruling controller holds exactly what is stored: after each confirmation, and when it has
// loaded what it found.
void Cluster::check_memory() {
  if (!memory_due_ || !rulers_.contains(epoch_)) return;
  const auto [id, life] = rulers_.at(epoch_);
  if (!process(id).alive() || process(id).life() != life || process(id).node()->ruling().value() != epoch_) return;
  const decision::Controller* controller = process(id).node()->controller();
  if (controller == nullptr || controller->writing()) return;
  memory_due_ = false;
  bool same = controller->pages().entries().size() == states_.size();
  for (const auto& [key, entry] : controller->pages().entries()) {
    const control::Partition* stored = state(std::string(key.topic.raw()), key.index);
    same = same && stored != nullptr && stored->SerializeAsString() == node::to_message(entry.record).SerializeAsString();
  }
  const std::vector<std::string> names = topics();
  same = same && names.size() == controller->topics().size();
  for (const std::string& name : names) {
    control::TopicEntry stored;
    auto held = controller->topics().find(name);
    same = same && held != controller->topics().end() && stored.ParseFromString(store->tree().find(paths::topic(name))->data) &&
           stored.topic_id() == held->second.id.raw() && stored.deleting() == held->second.deleting;
  }
  invariants.check("MemoryEqualsStore", same, scheduler.now(),
                   [&, id = id] { return fmt::format("controller {} of epoch {} holds something else than the store", id, epoch_); });
}

}  // namespace baton::simulation
