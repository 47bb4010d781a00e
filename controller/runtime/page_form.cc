#include "controller/runtime/page_form.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string_view>

#include "base/mutants.h"
#include "controller/messages/columns.h"
#include "controller/runtime/convert.h"

namespace baton::node {
namespace {

using Upserts = std::vector<const decision::PutPage::Upsert*>;

// What a topic's row becomes, partition after partition in the order of their indexes.
class Row {
 public:
  explicit Row(control::PageTopic& topic) {
    messages_.Swap(topic.mutable_partitions());
    for (int i = 0; i < messages_.size(); ++i) at_[messages_.Get(i).index()] = i;
  }

  void keep(const control::PlainPartition& plain) { control::append(plain, columns_); }
  // A message of this index may bear what we do not know; it is merged, and leaves its own place only where columns can say it then.
  void put(const decision::PartitionRecord& record) {
    control::ReplicaBuffer buffer;
    control::PlainPartition plain;
    auto known = at_.find(record.key.index);
    if (known == at_.end()) {
      if (to_plain(record, buffer, plain)) return keep(plain);
      *messages_.Add() = to_message(record);
      return;
    }
    control::Partition& message = messages_.at(known->second);
    merge(record, message);
    if (!control::to_plain(message, buffer, plain)) return;
    keep(plain);
    gone_.push_back(known->second);
  }
  void finish(control::PageTopic& topic) {
    std::sort(gone_.begin(), gone_.end());
    for (auto at = gone_.rbegin(); at != gone_.rend(); ++at) messages_.DeleteSubrange(*at, 1);
    topic.mutable_partitions()->Swap(&messages_);
    if (control::partitions_in(columns_) == 0) return topic.clear_columns();
    topic.mutable_columns()->Swap(&columns_);
  }

 private:
  google::protobuf::RepeatedPtrField<control::Partition> messages_;
  std::map<int32_t, int> at_;
  std::vector<int> gone_;
  control::PartitionColumns columns_;
};

void put(const Upserts& upserts, control::PageTopic& topic) {
  control::PartitionColumns before;
  before.Swap(topic.mutable_columns());
  Row row(topic);
  auto next = upserts.begin();
  control::ColumnsReader reader(before);
  for (control::PlainPartition plain; reader.next(plain);) {
    for (; next != upserts.end() && (*next)->partition.key.index < plain.index; ++next) row.put((*next)->partition);
    if (next != upserts.end() && (*next)->partition.key.index == plain.index) {
      row.put((*next++)->partition);
    } else {
      row.keep(plain);
    }
  }
  for (; next != upserts.end(); ++next) row.put((*next)->partition);
  row.finish(topic);
}

template <class Ids>
void set_bits(uint8_t bits, const control::Partition& of, Ids* ids) {
  ids->Clear();
  for (int i = 0; i < of.replicas_size(); ++i) {
    if ((bits >> static_cast<unsigned>(i) & 1u) != 0) ids->Add(of.replicas(i));
  }
}

// Replicas stay, so nothing but bits and epochs is written, where they lie.
void put(std::span<const decision::RowChange> rows, control::PartitionColumns& columns) {
  const bool eligible = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.after.eligible != 0; });
  if (eligible && columns.eligible().empty()) columns.mutable_eligible()->assign(columns.leaders().size(), '\0');
  char* const isr = columns.mutable_isr()->data();
  char* const leaders = columns.mutable_leaders()->data();
  char* const eligibles = columns.eligible().empty() ? nullptr : columns.mutable_eligible()->data();
  int32_t* const leader_epochs = columns.mutable_leader_epochs()->mutable_data();
  int32_t* const partition_epochs = columns.mutable_partition_epochs()->mutable_data();
  control::ColumnsReader reader(columns);
  auto next = rows.begin();
  size_t at = 0;
  for (control::PlainPartition plain; reader.next(plain); ++at) {
    while (next != rows.end() && next->key.index < plain.index) ++next;
    if (next == rows.end() || next->key.index != plain.index) continue;
    const decision::PageTable::Slot& slot = next->after;
    isr[at] = static_cast<char>(slot.isr);
    leaders[at] = static_cast<char>(slot.leader | (slot.unclean ? control::PlainPartition::kUnclean : 0u));
    if (eligibles != nullptr) eligibles[at] = static_cast<char>(slot.eligible);
    leader_epochs[at] = slot.leader_epoch.value();
    partition_epochs[at] = slot.partition_epoch.value();
  }
  // As they are without anybody eligible, whoever wrote them.
  if (std::all_of(columns.eligible().begin(), columns.eligible().end(), [](char bits) { return bits == 0; })) columns.clear_eligible();
}

void put(std::span<const decision::RowChange> rows, control::PageTopic& topic) {
  if (topic.has_columns()) put(rows, *topic.mutable_columns());
  for (control::Partition& message : *topic.mutable_partitions()) {
    const auto row =
        std::lower_bound(rows.begin(), rows.end(), message.index(), [](const auto& each, int32_t index) { return each.key.index < index; });
    if (row == rows.end() || row->key.index != message.index()) continue;
    set_bits(row->after.isr, message, message.mutable_isr());
    set_bits(row->after.eligible, message, message.mutable_eligible());
    message.set_leader(row->after.leader == 0 ? -1 : message.replicas(row->after.leader - 1));
    message.set_leader_epoch(row->after.leader_epoch.value());
    message.set_partition_epoch(row->after.partition_epoch.value());
    message.set_unclean(row->after.unclean);
  }
}

// In one pass, whatever their number.
template <class Message, class Gone>
void erase_if(google::protobuf::RepeatedPtrField<Message>& messages, Gone gone) {
  int kept = 0;
  for (int i = 0; i < messages.size(); ++i) {
    if (gone(messages.Get(i))) continue;
    if (i != kept) messages.SwapElements(i, kept);
    ++kept;
  }
  messages.DeleteSubrange(kept, messages.size() - kept);
}

void remove(control::PageTopic& topic, const std::set<int32_t>& indexes) {
  erase_if(*topic.mutable_partitions(), [&](const control::Partition& message) { return indexes.contains(message.index()); });
  control::PartitionColumns before;
  before.Swap(topic.mutable_columns());
  control::PartitionColumns after;
  control::ColumnsReader reader(before);
  for (control::PlainPartition plain; reader.next(plain);) {
    if (!indexes.contains(plain.index)) control::append(plain, after);
  }
  if (control::partitions_in(after) == 0) return topic.clear_columns();
  topic.mutable_columns()->Swap(&after);
}

bool by_index(const control::Partition& a, const control::Partition& b) {
  return a.index() < b.index();
}

// Partitions that columns can say leave their messages: those of a page that was written below the level of columns.
void gather(control::PageTopic& topic) {
  if (topic.partitions().empty()) return;
  google::protobuf::RepeatedPtrField<control::Partition> messages;
  messages.Swap(topic.mutable_partitions());
  std::sort(messages.begin(), messages.end(), by_index);
  control::PartitionColumns before;
  before.Swap(topic.mutable_columns());
  control::PartitionColumns& after = *topic.mutable_columns();
  auto next = messages.begin();
  int64_t last = -1;
  auto take_until = [&](int64_t index) {
    control::ReplicaBuffer buffer;
    for (control::PlainPartition plain; next != messages.end() && next->index() < index; ++next) {
      if (next->index() > last && control::to_plain(*next, buffer, plain)) {
        last = plain.index;
        control::append(plain, after);
      } else {
        topic.add_partitions()->Swap(&*next);
      }
    }
  };
  control::ColumnsReader reader(before);
  for (control::PlainPartition plain; reader.next(plain);) {
    take_until(plain.index);
    if (next != messages.end() && next->index() == plain.index) continue;  // said twice: the message counts, as in load()
    last = plain.index;
    control::append(plain, after);
  }
  take_until(std::numeric_limits<int64_t>::max());
  if (control::partitions_in(after) == 0) topic.clear_columns();
}

// As the first version has them.
void spell_out(control::PageTopic& topic) {
  control::PartitionColumns columns;
  columns.Swap(topic.mutable_columns());
  control::ColumnsReader reader(columns);
  for (control::PlainPartition plain; reader.next(plain);) control::to_partition(plain, *topic.add_partitions());
  std::sort(topic.mutable_partitions()->begin(), topic.mutable_partitions()->end(), by_index);
  topic.clear_columns();
}

void take_away(const decision::PutPage& change, control::Page& page) {
  std::set<std::string_view> topics;
  for (const TopicId& removed : change.removed_topics) topics.insert(removed.raw());
  if (!topics.empty()) {
    erase_if(*page.mutable_topics(), [&](const control::PageTopic& topic) { return topics.contains(topic.topic_id()); });
  }
  std::map<std::string_view, std::set<int32_t>> partitions;
  for (const decision::PartitionKey& removed : change.removed_partitions) partitions[removed.topic.raw()].insert(removed.index);
  if (partitions.empty()) return;
  for (control::PageTopic& topic : *page.mutable_topics()) {
    if (auto of = partitions.find(topic.topic_id()); of != partitions.end()) remove(topic, of->second);
  }
}

control::PageTopic& topic_of(control::Page& page, const TopicId& id, const std::string& name) {
  for (control::PageTopic& topic : *page.mutable_topics()) {
    if (topic.topic_id() == id.raw()) return topic;
  }
  control::PageTopic& topic = *page.add_topics();
  topic.set_topic_id(std::string(id.raw()));
  topic.set_name(name);
  return topic;
}

}  // namespace

bool load(int32_t number, const control::Page& page, decision::PageTable& into) {
  into.hold_page(number);
  for (const control::PageTopic& topic : page.topics()) {
    const TopicId id(Uuid::from_bytes(topic.topic_id()));
    control::ColumnsReader reader(topic.columns());
    for (control::PlainPartition plain; reader.next(plain);) into.put(number, {id, plain.index}, to_row(plain));
    if (!reader.good()) return false;
    for (const control::Partition& partition : topic.partitions()) into.put(number, to_record(id, partition));
  }
  return true;
}

PageNature nature_of(const control::Page& page) {
  auto known = [](const google::protobuf::Message& message) { return message.GetReflection()->GetUnknownFields(message).empty(); };
  PageNature nature{known(page) && page.metadata_version() <= kMetadataNewest, 0};
  for (const control::PageTopic& topic : page.topics()) {
    nature.plain = nature.plain && known(topic) && known(topic.columns()) && topic.partitions().empty();
    nature.partitions += control::partitions_in(topic.columns()) + topic.partitions_size();
  }
  return nature;
}

int32_t version_of(const control::Page& page) {
  const bool columns = std::any_of(page.topics().begin(), page.topics().end(), [](const auto& topic) { return topic.has_columns(); });
  return std::max(metadata_version_of(page.metadata_version()), columns ? kMetadataColumns : kMetadataSingles);
}

void rewrite(const decision::PutPage& change, control::Page& page, int32_t level) {
  for (control::PageTopic& topic : *page.mutable_topics()) gather(topic);
  take_away(change, page);
  Upserts upserts;
  for (const decision::PutPage::Upsert& upsert : change.partitions) upserts.push_back(&upsert);
  std::stable_sort(upserts.begin(), upserts.end(), [](const auto* a, const auto* b) { return a->partition.key < b->partition.key; });
  for (auto first = upserts.begin(); first != upserts.end();) {
    const TopicId topic = (*first)->partition.key.topic;
    const auto last = std::find_if(first, upserts.end(), [&](const auto* each) { return each->partition.key.topic != topic; });
    put({first, last}, topic_of(page, topic, (*first)->topic));
    first = last;
  }
  for (auto first = change.rows.begin(); first != change.rows.end();) {
    const TopicId id = first->key.topic;
    const auto last = std::find_if(first, change.rows.end(), [&](const auto& each) { return each.key.topic != id; });
    for (control::PageTopic& topic : *page.mutable_topics()) {
      if (topic.topic_id() == id.raw()) put(std::span(first, last), topic);
    }
    first = last;
  }
  if (level < kMetadataColumns && !BATON_MUTANT(forms_above_the_level)) {
    for (control::PageTopic& topic : *page.mutable_topics()) spell_out(topic);
  }
  page.set_metadata_version(version_of(page));
}

}  // namespace baton::node
