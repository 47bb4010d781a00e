#include "controller/runtime/door.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

// Well under ZooKeeper's jute.maxbuffer (1,048,575 bytes), headers and paths included.
constexpr size_t kBatchBytes = size_t{512} * 1024;

store::Op put(std::string path, std::string data, StoreVersion version) {
  if (version == StoreVersion()) return store::Create{std::move(path), std::move(data), store::NodeKind::kPersistent};
  return store::SetData{std::move(path), std::move(data), version};
}

// A created node starts at version 0; a set adds one.
StoreVersion after_put(StoreVersion version) {
  return version.next();
}

}  // namespace

void Door::loaded_page(int32_t number, const control::Page& page, const store::Stat& stat) {
  pages_[number] = {page.SerializeAsString(), stat.version, nature_of(page)};
  page_mzxids_[number] = stat.mzxid;
}

void Door::loaded_topic(const std::string& name, control::TopicEntry entry, StoreVersion version) {
  topics_[name] = {std::move(entry), version};
}

void Door::seen_registration(BrokerId id, control::Registration record, bool id_present) {
  registrations_[id] = {std::move(record), id_present};
}

void Door::begin(const decision::Write& write, int32_t level) {
  BATON_ASSERT(batches_.empty() || !batches_.back().tombstones);
  const size_t before = batches_.size();
  for (const decision::Change& change : write.changes) {
    if (const auto* page = std::get_if<decision::PutPage>(&change)) write_page(*page, level);
    if (const auto* topic = std::get_if<decision::PutTopic>(&change)) write_topic(*topic);
    if (const auto* removed = std::get_if<decision::RemoveTopic>(&change)) remove_topic(removed->name);
    if (const auto* tombstone = std::get_if<decision::Tombstone>(&change)) write_tombstone(*tombstone);
    if (const auto* mark = std::get_if<decision::PutMark>(&change)) write_mark(*mark);
    if (const auto* ids = std::get_if<decision::PutProducerIds>(&change)) write_producer_ids(ids->next);
    if (const auto* orders = std::get_if<decision::PutOrders>(&change)) write_orders(orders->orders);
    if (const auto* brokers = std::get_if<decision::PutBrokerConfigs>(&change)) write_broker_configs(brokers->configs);
    if (const auto* raised = std::get_if<decision::PutMetadataVersion>(&change)) write_metadata_version(raised->level);
  }
  BATON_ASSERT(batches_.size() > before);
  batches_.back().last = true;
}

void Door::add(store::Op op, int32_t page, bool tombstone, size_t bytes) {
  if (batches_.empty() || batches_.back().last || batches_.back().bytes + bytes > kBatchBytes) {
    Batch batch;
    if (!BATON_MUTANT(no_epoch_compare_and_set)) {
      batch.ops.emplace_back(store::Check{paths::kControllerEpoch, epoch_version_});
      batch.pages.push_back(-1);
    }
    batches_.push_back(std::move(batch));
  }
  Batch& batch = batches_.back();
  batch.ops.push_back(std::move(op));
  batch.pages.push_back(page);
  batch.tombstones |= tombstone;
  batch.bytes += bytes + 128;
}

void Door::write_page(const decision::PutPage& change, int32_t level) {
  StoredPage& stored = pages_[change.number];
  control::Page page;
  BATON_ASSERT(page.ParseFromString(stored.page));  // the loader read it, or it is ours
  rewrite(change, page, level);
  stored.page = page.SerializeAsString();
  stored.nature = nature_of(page);
  std::string data = stored.page;
  const size_t bytes = data.size();
  add(put(paths::page(change.number), std::move(data), stored.version), change.number, false, bytes);
  stored.version = after_put(stored.version);
}

void Door::write_topic(const decision::PutTopic& change) {
  StoredTopic& stored = topics_[change.topic.name];
  control::TopicEntry fresh = to_message(change.topic);
  stored.entry.clear_configs();
  stored.entry.MergeFrom(fresh);
  stored.entry.set_deleting(change.topic.deleting);
  std::string data = stored.entry.SerializeAsString();
  const size_t bytes = data.size();
  add(put(paths::topic(change.topic.name), std::move(data), stored.version), -1, false, bytes);
  stored.version = after_put(stored.version);
}

void Door::remove_topic(const std::string& name) {
  auto found = topics_.find(name);
  BATON_ASSERT(found != topics_.end());
  add(store::Delete{paths::topic(name), found->second.version}, -1, false, 0);
  topics_.erase(found);
}

void Door::write_tombstone(const decision::Tombstone& change) {
  const SeenRegistration& seen = registrations_.at(change.id);
  control::Registration record = seen.record;
  record.set_life(change.life == decision::Life::kTombstoneProven ? control::Registration::TOMBSTONE_PROVEN
                                                                  : control::Registration::TOMBSTONE_SILENT);
  std::string data = record.SerializeAsString();
  const size_t bytes = data.size();
  add(store::SetData{paths::broker_epoch(change.id), std::move(data), change.version}, -1, true, bytes);
  if (seen.id_present) add(store::Delete{paths::broker_id(change.id), StoreVersion()}, -1, true, 0);
}

void Door::write_mark(const decision::PutMark& change) {
  control::RemovedMark mark;
  mark.set_incarnation(std::string(change.incarnation.raw()));
  mark.set_controller_epoch(epoch_.value());
  StoreVersion& version = marks_[change.id];
  add(put(paths::broker_removed(change.id), mark.SerializeAsString(), version), -1, false, 64);
  version = after_put(version);
}

void Door::write_producer_ids(int64_t next) {
  add(put(paths::kProducerIds, std::to_string(next), producer_ids_), -1, false, 32);
  producer_ids_ = after_put(producer_ids_);
}

void Door::write_orders(const decision::Orders& orders) {
  control::Orders message = to_message(orders, wall_offset_);
  keep_unknown(orders_.message, message);
  write_whole(paths::kOrders, std::move(message), orders_);
}

void Door::write_broker_configs(const decision::BrokerConfigs& configs) {
  control::BrokerConfigs message = to_message(configs);
  keep_unknown(broker_configs_.message, message);
  write_whole(paths::kBrokerConfigs, std::move(message), broker_configs_);
}

template <class Message>
void Door::write_whole(const char* path, Message message, Stored<Message>& stored) {
  std::string data = message.SerializeAsString();
  const size_t bytes = data.size();
  add(put(path, std::move(data), stored.version), -1, false, bytes);
  stored = {std::move(message), after_put(stored.version)};
}

void Door::write_metadata_version(int32_t level) {
  add(put(paths::kMetadataVersion, std::to_string(level), metadata_version_), -1, false, 16);
  metadata_version_ = after_put(metadata_version_);
}

std::optional<store::Multi> Door::next() {
  if (blocked_) return std::nullopt;
  for (size_t i = 0; i < batches_.size(); ++i) {
    if (batches_[i].state != Batch::State::kWaiting) continue;
    if (!may_submit(i)) return std::nullopt;
    batches_[i].state = Batch::State::kUnderWay;
    return store::Multi{batches_[i].ops};
  }
  return std::nullopt;
}

// A write's own multis go one after another: what a later one says may rest on an earlier one (R10). Nothing goes again before everything
// has been answered, or the order of what arrives would not be that of the batches.
bool Door::may_submit(size_t batch) const {
  auto under_way = [](const Batch& each) { return each.state == Batch::State::kUnderWay; };
  if (batches_[batch].unclear) return std::none_of(batches_.begin(), batches_.end(), under_way);
  return batch == 0 || batches_[batch - 1].last || batches_[batch - 1].state == Batch::State::kStands;
}

store::Multi Door::beside(std::string path, std::string data, StoreVersion version) const {
  return {{store::Check{paths::kControllerEpoch, epoch_version_}, put(std::move(path), std::move(data), version)}};
}

Door::Outcome Door::replied(const store::Reply& reply) {
  auto under_way = [](const Batch& each) { return each.state == Batch::State::kUnderWay; };
  const auto answered = std::find_if(batches_.begin(), batches_.end(), under_way);
  BATON_ASSERT(answered != batches_.end());
  Batch& batch = *answered;
  if (reply.ok()) return confirmed(batch, reply);
  if (reply.error == store::StoreError::kConnectionLoss) {
    batch.state = Batch::State::kWaiting;
    batch.unclear = true;
    blocked_ = true;
    return Outcome::kWaiting;
  }
  if (reply.error == store::StoreError::kSessionExpired || reply.error == store::StoreError::kClosed) return Outcome::kDeposed;
  const int failed = reply.failed_op();
  if (failed <= 0 && !BATON_MUTANT(no_epoch_compare_and_set)) return Outcome::kDeposed;
  if (batch.tombstones) {
    // Registered again meanwhile, or (after an unclear try) our own tombstone: reading tells.
    batches_.clear();
    return Outcome::kRefused;
  }
  // We are fenced and the only writer of these nodes, so a version that moved on moved by our own first try.
  if (batch.unclear) return confirmed(batch, reply);
  return Outcome::kBroken;
}

Door::Outcome Door::confirmed(Batch& batch, const store::Reply& reply) {
  batch.state = Batch::State::kStands;
  batch.reply = reply;
  batch.ops.clear();
  return end_of_confirmed() == batches_.begin() ? Outcome::kWaiting : Outcome::kConfirmed;
}

std::deque<Door::Batch>::iterator Door::end_of_confirmed() {
  auto open_or_last = [](const Batch& each) { return each.state != Batch::State::kStands || each.last; };
  const auto found = std::find_if(batches_.begin(), batches_.end(), open_or_last);
  const bool whole = found != batches_.end() && found->state == Batch::State::kStands;
  return whole ? std::next(found) : batches_.begin();
}

bool Door::take_confirmed() {
  const auto end = end_of_confirmed();
  if (end == batches_.begin()) return false;
  for (auto batch = batches_.begin(); batch != end; ++batch) date_pages_of(*batch);
  batches_.erase(batches_.begin(), end);
  return true;
}

void Door::date_pages_of(const Batch& batch) {
  const store::Reply& reply = batch.reply;
  std::vector<int32_t> made;
  for (size_t i = 0; i < batch.pages.size(); ++i) {
    if (batch.pages[i] < 0) continue;
    const bool told = reply.ok() && i < reply.results.size() && reply.results[i].stat.mzxid != 0;
    page_mzxids_[batch.pages[i]] = told ? reply.results[i].stat.mzxid : 0;  // 0: unknown, never taken as equal
    if (!told && reply.ok()) made.push_back(batch.pages[i]);
  }
  if (!made.empty()) undated_.push_back(std::move(made));
}

bool Door::date(const std::vector<int32_t>& pages, const store::Stat& stat) {
  if (stat.version != after_put(StoreVersion())) return false;
  for (const int32_t page : pages) {
    auto stored = pages_.find(page);
    const bool as_made = stored != pages_.end() && stored->second.version == stat.version;
    if (as_made && page_mzxids_[page] == 0) page_mzxids_[page] = stat.mzxid;
  }
  return true;
}

}  // namespace baton::node
