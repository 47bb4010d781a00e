// Sweeps: what became of brokers is asked of every partition that it may concern (R3, R4, R8, R9). A pass that changes more than one
// write should hold goes on where it stopped while the store works on that write, two parts at once at most: the store, the brokers and
// this controller work at the same time, and what is under way is bounded. Whatever happens meanwhile begins the pass anew, once all
// that is under way is confirmed: what was decided of a partition is never decided again from what stood before.
#include <algorithm>

#include "controller/decision/controller.h"
#include "controller/decision/succession.h"
#include "controller/decision/succession_count.h"
#include "controller/decision/sweep.h"

namespace baton::decision {
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

void Controller::sweep(std::map<PartitionKey, PartitionRecord>& changed, std::vector<RowChange>& rows) {
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
    if (changed.size() + rows.size() >= config_.partitions_per_write) {
      stopped = key;
      return false;
    }
    if (key.topic != topic || topic.is_none()) {
      topic = key.topic;
      minimum = minimum_for(topic);
      unclean = unclean_allowed(topic);
    }
    at = key;
    const bool spoken = !words_.empty() && words_.contains(key);
    const std::optional<GivenWord> word = spoken ? word_on(pages_.record(key, slot)) : std::nullopt;
    const bool allowed = unclean || (!unclean_once_.empty() && unclean_once_.contains(key));
    Sweep::Became became = sweep.succeed(key, slot, minimum, word, config_.commit_flush_policy, allowed, standing);
    if (auto* record = std::get_if<PartitionRecord>(&became)) {
      count_succession(pages_.leader(key, slot), record->leader, record->unclean, counts);
      changed.emplace_hint(changed.end(), key, std::move(*record));
    } else if (const auto* after = std::get_if<PageTable::Slot>(&became)) {
      count_succession(pages_.leader(key, slot), pages_.leader(key, *after), false, counts);
      if (rows.size() == config_.bulk_from) rows.reserve(config_.partitions_per_write);
      rows.push_back({key, *after});
    }
    return true;
  });
  if (rows.size() < config_.bulk_from) {
    for (const RowChange& row : rows) changed.emplace(row.key, pages_.record(row.key, row.after));
    rows.clear();
  }
  for (auto& [from, count] : counts) decide(std::move(count));
  if (stopped) {
    // What lies beside the slots has an order of its own, so that nothing lies behind it.
    sweep_.from = pages_.beside(*stopped) ? PartitionKey() : *stopped;
    return;
  }
  sweep_ = {};
  unclean_once_.clear();
}

bool Controller::may_send_next_part() const {
  const bool room = in_flight_.size() == 1 && in_flight_.front().part_of_pass;
  const bool more = sweep_.due && sweep_.from != PartitionKey();
  return room && more && !members_.must_resign(now_) && members_.due_tombstones(now_).empty();
}

void Controller::send_next_part() {
  std::map<PartitionKey, PartitionRecord> changed;
  std::vector<RowChange> rows;
  sweep(changed, rows);
  std::map<int32_t, PutPage> pages;
  put_rows(std::move(rows), pages);
  put_records(changed, pages);
  InFlight flight;
  flight.part_of_pass = true;
  for (auto& [number, page] : pages) flight.write.changes.emplace_back(std::move(page));
  if (!flight.write.changes.empty()) send(std::move(flight));
}

void Controller::put_rows(std::vector<RowChange> rows, std::map<int32_t, PutPage>& pages) {
  for (auto first = rows.begin(); first != rows.end();) {
    const int32_t number = first->after.page;
    const auto last = std::find_if(first, rows.end(), [number](const RowChange& each) { return each.after.page != number; });
    PutPage& page = pages[number];
    page.number = number;
    page.rows.insert(page.rows.end(), first, last);
    first = last;
  }
}

void Controller::put_records(std::map<PartitionKey, PartitionRecord>& changed, std::map<int32_t, PutPage>& pages) const {
  PutPage* page = nullptr;
  TopicId topic;
  const std::string none;
  const std::string* name = nullptr;
  for (auto& [key, record] : changed) {
    put_in_order(record);
    if (key.topic != topic || name == nullptr) {
      topic = key.topic;
      auto known = names_.find(topic);
      name = known == names_.end() ? &none : &known->second;
    }
    const int32_t number = pages_.page_of(key);
    if (page == nullptr || page->number != number) {
      page = &pages[number];
      page->number = number;
    }
    page->partitions.push_back({*name, std::move(record)});
  }
}

}  // namespace baton::decision
