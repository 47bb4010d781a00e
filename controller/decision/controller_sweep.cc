// Sweeps: what became of brokers is asked of every partition that it may concern (R3, R4, R8, R9). A pass that changes more than one
// write should hold goes on where it stopped once that write is confirmed, so that the store, the brokers and this controller work at
// the same time, and what is under way at once is bounded. Whatever happens meanwhile begins the pass anew.
#include "controller/decision/controller.h"
#include "controller/decision/succession.h"
#include "controller/decision/succession_count.h"
#include "controller/decision/sweep.h"

namespace baton::decision {
namespace {

// Some 450 KB of pages: one multi.
constexpr size_t kPartitionsPerWrite = 49'152;

}  // namespace

void Controller::want_sweep() {
  sweep_.due = true;
  sweep_.everywhere = true;
  sweep_.from = {};
}

void Controller::want_sweep_of(BrokerId id) {
  sweep_.due = true;
  sweep_.brokers.insert(id);
  sweep_.from = {};
}

void Controller::sweep(std::map<PartitionKey, PartitionRecord>& changed) {
  swept_until_ = sweep_deadline();
  std::vector<bool> concerned(pages_.brokers(), sweep_.everywhere);
  for (BrokerId id : sweep_.brokers) {
    if (auto number = pages_.number_of(id)) concerned[*number] = true;
  }
  auto passes_by = [&](const PageTable::Slot& slot) {
    for (size_t i = 0; i < slot.count; ++i) {
      if (concerned[slot.replicas[i]]) return false;
    }
    return slot.count > 0;
  };
  Sweep sweep(pages_);
  PartitionKey at;
  const StandingOf standing = [this, &at](BrokerId id) { return this->standing(at, id); };
  TopicId topic;
  int32_t minimum = 0;
  bool unclean = false;
  SuccessionCounts counts;
  std::optional<PartitionKey> stopped;
  pages_.each_from(sweep_.from, [&](const PartitionKey& key, const PageTable::Slot& slot) {
    if (!sweep_.everywhere && passes_by(slot)) return true;
    if (changed.size() >= kPartitionsPerWrite) {
      stopped = key;
      return false;
    }
    if (key.topic != topic || topic.is_none()) {
      topic = key.topic;
      minimum = minimum_for(topic);
      unclean = unclean_allowed(topic);
    }
    at = key;
    const std::optional<GivenWord> word = words_.contains(key) ? word_on(pages_.record(key, slot)) : std::nullopt;
    auto record = sweep.succeed(key, slot, minimum, word, config_.commit_flush_policy, unclean || unclean_once_.contains(key), standing);
    if (!record) return true;
    count_succession(pages_.leader(key, slot), *record, counts);
    changed.emplace_hint(changed.end(), key, std::move(*record));
    return true;
  });
  for (auto& [from, count] : counts) decide(std::move(count));
  if (stopped) {
    sweep_.from = *stopped;
    return;
  }
  sweep_ = {};
  unclean_once_.clear();
}

}  // namespace baton::decision
