#include "controller/agent/roles.h"

#include "controller/agent/partition_form.h"

namespace baton::agent {

namespace {

TopicId topic_of(const std::string& raw) {
  return TopicId(Uuid::from_bytes(raw));
}

// The place of a broker among the replicas of a slot, from 1; 0: it is none of them.
unsigned place_of(uint16_t broker, const decision::PageTable::Slot& slot) {
  for (unsigned i = 0; i < slot.count; ++i) {
    if (slot.replicas[i] == broker) return i + 1;
  }
  return 0;
}

}  // namespace

// What columns can say goes into those of its topic, the rest by itself.
class Roles::Telling {
 public:
  Telling(const Image& image, control::Roles& out) : image_(image), out_(out) {}
  control::Roles& out() { return out_; }

  void tell(const PartitionKey& key, const decision::PageTable::Slot& slot, bool leads) {
    const control::Role::Kind kind = leads ? control::Role::LEAD : control::Role::FOLLOW;
    const decision::PageTable& table = image_.partitions();
    if (table.beside(key)) return tell(table.record(key, slot), kind);
    control::TopicRoles& topic = columns_of(key);
    decision::PageTable::ReplicaIds ids;
    control::append(to_plain(key.index, table.row(slot, ids)), *topic.mutable_columns());
    topic.mutable_kinds()->push_back(static_cast<char>(kind));
    last_ = key;
  }

 private:
  // Indexes ascend within one set of columns: where they do not, there is another set.
  control::TopicRoles& columns_of(const PartitionKey& key) {
    if (topic_ != nullptr && last_.topic == key.topic && last_.index < key.index) return *topic_;
    topic_ = out_.add_topics();
    const TopicImage& known = *image_.find(key.topic);
    topic_->set_topic_id(std::string(key.topic.raw()));
    topic_->set_topic(known.name);
    topic_->set_min_insync_replicas(known.min_insync_replicas);
    for (const auto& [name, value] : known.configs) (*topic_->mutable_configs())[name] = value;
    return *topic_;
  }

  void tell(const decision::PartitionRecord& record, control::Role::Kind kind) {
    const TopicImage& known = *image_.find(record.key.topic);
    control::Role* role = out_.add_roles();
    role->set_topic_id(std::string(record.key.topic.raw()));
    role->set_topic(known.name);
    *role->mutable_state() = to_message(record);
    role->set_min_insync_replicas(known.min_insync_replicas);
    for (const auto& [name, value] : known.configs) (*role->mutable_configs())[name] = value;
    role->set_kind(kind);
  }

  const Image& image_;
  control::Roles& out_;
  control::TopicRoles* topic_ = nullptr;
  PartitionKey last_;
};

Roles::Roles(BrokerId self, const std::vector<control::ReplicaEnd>& replicas) : self_(self) {
  for (const control::ReplicaEnd& replica : replicas) {
    const PartitionKey key{topic_of(replica.topic_id()), replica.partition()};
    if (replica.dirty()) {
      dirty_[key] = replica;
    } else {
      clean_.insert(key);
    }
  }
}

void Roles::refused(const control::Stopped& word) {
  const PartitionKey key{topic_of(word.topic_id()), word.partition()};
  const Held* held = held_.find(key);
  if (held == nullptr || held->leader_epoch != LeaderEpoch(word.leader_epoch())) return;  // overtaken by another role
  clean_.erase(key);
  control::ReplicaEnd& replica = dirty_[key];
  replica.set_topic_id(word.topic_id());
  replica.set_partition(word.partition());
  replica.set_last_epoch(word.last_epoch());
  replica.set_end_offset(word.end_offset());
  replica.set_dirty(true);
}

void Roles::forget() {
  told_ = false;
  held_.clear();
}

std::optional<control::Roles> Roles::derive(const Image& image, const Incarnation& incarnation, bool allowed, const control::Delta* delta) {
  const control::Broker* own = image.find(self_);
  if (!allowed || !image.known() || own == nullptr || own->incarnation() != incarnation.raw() || !own->live() || !own->ready()) {
    return std::nullopt;
  }
  control::Roles roles;
  if (!told_ || (delta != nullptr && delta->snapshot())) {
    roles = complete(image);
    told_ = true;
  } else if (delta != nullptr) {
    roles = changes(image, *delta);
    if (roles.roles().empty() && roles.topics().empty()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  roles.set_controller_epoch(image.controller_epoch().value());
  roles.set_delta(image.offset());
  return roles;
}

control::Roles Roles::complete(const Image& image) {
  control::Roles out;
  out.set_complete(true);
  const decision::PartitionRows<Held> before = std::move(held_);
  held_.clear();
  Telling telling(image, out);
  image.partitions().each([&](const PartitionKey& key, const decision::PageTable::Slot& slot) {
    if (const Held* former = before.find(key)) held_.put(key, *former);
    put(image, key, slot, /*always=*/true, telling);
  });
  return out;
}

control::Roles Roles::changes(const Image& image, const control::Delta& delta) {
  control::Roles out;
  Telling telling(image, out);
  auto look = [&](const PartitionKey& key, bool always) {
    if (auto slot = image.partitions().slot_of(key)) put(image, key, *slot, always, telling);
  };
  for (const control::Topic& topic : delta.topics()) {
    const TopicId id = topic_of(topic.topic_id());
    const bool gone = image.find(id) == nullptr;
    for (const int32_t index : held_.of_topic(id)) {
      // Its configuration may have changed; partitions that the delta names follow below.
      gone ? take({id, index}, out) : look({id, index}, /*always=*/true);
    }
    if (gone) held_.forget_topic(id);
  }
  for (const control::PartitionOf& partition : delta.partitions()) {
    const TopicId id = topic_of(partition.topic_id());
    if (image.find(id) != nullptr) look({id, partition.state().index()}, /*always=*/false);
  }
  for (const control::PagePiece& piece : delta.pieces()) {
    const TopicId id = topic_of(piece.topic_id());
    if (image.find(id) == nullptr) continue;
    control::ColumnsReader reader(piece.columns());
    for (control::PlainPartition plain; reader.next(plain);) look({id, plain.index}, /*always=*/false);
  }
  return out;
}

void Roles::put(const Image& image, const PartitionKey& key, const decision::PageTable::Slot& slot, bool always, Telling& telling) {
  const decision::PageTable& table = image.partitions();
  Held present{true, false, false, slot.leader_epoch, slot.partition_epoch};
  bool replica = false;
  if (table.beside(key)) {
    const decision::PartitionRecord record = table.record(key, slot);
    replica = contains(record.replicas, self_);
    present = {true, record.leader == self_, contains(record.isr, self_), record.leader_epoch, record.partition_epoch};
  } else if (const auto self = table.number_of(self_)) {
    const unsigned place = place_of(*self, slot);
    replica = place != 0;
    if (replica) present.leads = slot.leader == place;
    if (replica) present.in_isr = (slot.isr >> (place - 1) & 1u) != 0;
  }
  if (replica) {
    if (take_over(key, present, always)) telling.tell(key, slot, present.leads);
  } else if (held_.find(key) != nullptr) {
    take(key, telling.out());
  }
}

bool Roles::take_over(const PartitionKey& key, const Held& present, bool always) {
  const Held* former = held_.find(key);
  const bool changed = former == nullptr || former->leads != present.leads || former->leader_epoch != present.leader_epoch ||
                       former->partition_epoch != present.partition_epoch;
  vouch(key, former, present);
  held_.put(key, present);
  return changed || always;
}

// The topic is gone, or we are no replica of it any more.
void Roles::take(const PartitionKey& key, control::Roles& out) {
  held_.erase(key);
  clean_.erase(key);
  dirty_.erase(key);
  control::Role* role = out.add_roles();
  role->set_topic_id(std::string(key.topic.raw()));
  role->mutable_state()->set_index(key.index);
  role->mutable_state()->set_leader(-1);
  role->set_kind(control::Role::DELETE);
}

// R9: only a confirmed entry into the ISR, or election, makes a replica clean. Membership that this incarnation found when
// it got its first roles is no entry: it may be what is left of a former life, with another disk. A partition that appears
// later was created later.
void Roles::vouch(const PartitionKey& key, const Held* former, const Held& present) {
  const bool entered = present.in_isr && (former == nullptr ? told_ : !former->in_isr);
  if (!entered && !present.leads) return;
  clean_.insert(key);
  if (!dirty_.empty()) dirty_.erase(key);
}

}  // namespace baton::agent
