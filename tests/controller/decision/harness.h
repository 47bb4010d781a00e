// A controller with a pencil-and-paper world around it: brokers by number, incarnations by number, writes confirmed by hand
// or at once. Reads like the protocol: kill(1), confirm(), lead(...).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "base/random.h"
#include "controller/decision/controller.h"

namespace baton::decision {

inline std::chrono::milliseconds ms(int64_t count) {
  return std::chrono::milliseconds(count);
}

inline Incarnation life(int number) {
  Incarnation incarnation;
  incarnation.bytes[0] = 1;
  incarnation.bytes[15] = static_cast<uint8_t>(number);
  return incarnation;
}

inline std::vector<BrokerId> brokers(std::initializer_list<int> ids) {
  std::vector<BrokerId> out;
  for (int id : ids) out.emplace_back(id);
  return out;
}

class World {
 public:
  explicit World(int count = 3, int32_t minimum = 2) : World(count, config(minimum)) {}
  World(int count, const ControllerConfig& config) : random_(1), controller_(config, random_) {
    Loaded loaded;
    for (int id = 1; id <= count; ++id) loaded.brokers.push_back(seen(id, id, 0));
    feed(loaded);
    for (int id = 1; id <= count; ++id) stream(id);
  }

  static ControllerConfig config(int32_t minimum) {
    ControllerConfig config;
    config.membership = {ms(1000), ms(100), ms(600), ms(60)};
    config.default_min_insync_replicas = minimum;
    config.default_replication_factor = 3;
    return config;
  }

  // Broker `id` in its life number `incarnation`, over `predecessor` (0: none). Epochs and versions follow the life.
  BrokerSeen seen(int id, int incarnation, int predecessor, Life at = Life::kLive) {
    BrokerSeen event;
    event.registration.id = BrokerId(id);
    event.registration.incarnation = life(incarnation);
    if (predecessor != 0) event.registration.predecessor = life(predecessor);
    event.registration.epoch = BrokerEpoch(100 + incarnation);
    event.registration.version = StoreVersion(++version_);
    event.registration.life = at;
    event.id_present = at == Life::kLive;
    return event;
  }
  void stream(int id, std::vector<VouchedReplica> replicas = {}) {
    feed(StreamOpened{BrokerId(id), controller_.members().registration(BrokerId(id))->epoch, std::move(replicas)});
  }
  void feed(const Event& event) {
    for (Decision& decision : controller_.step(now_, event)) log_.push_back(std::move(decision));
    if (auto_confirm_) confirm_all();
  }
  void pass(Duration by) {
    now_ = now_ + by;
    feed(Woken{});
  }

  // The writes that wait for their confirmation, and the first of them.
  std::vector<const Write*> all_pending() const {
    std::vector<const Write*> found;
    for (const Decision& decision : log_) {
      if (const auto* write = std::get_if<Write>(&decision)) found.push_back(write);
    }
    return found;
  }
  const Write* pending() const {
    const auto all = all_pending();
    return all.empty() ? nullptr : all.front();
  }
  void confirm() {
    ASSERT_NE(pending(), nullptr);
    log_.erase(std::find_if(log_.begin(), log_.end(), [](const Decision& each) { return std::holds_alternative<Write>(each); }));
    for (Decision& decision : controller_.step(now_, WriteConfirmed{})) log_.push_back(std::move(decision));
  }
  void confirm_all() {
    while (pending() != nullptr) confirm();
  }
  void by_hand() { auto_confirm_ = false; }

  template <class T>
  std::vector<T> said() const {
    std::vector<T> found;
    for (const Decision& decision : log_) {
      if (const auto* each = std::get_if<T>(&decision)) found.push_back(*each);
    }
    return found;
  }
  void forget() { log_.clear(); }

  void create(const std::string& name, int32_t partitions, std::vector<std::vector<BrokerId>> assignments = {}) {
    feed(CreateRequested{++request_, {NewTopic{name, partitions, -1, {}, std::move(assignments)}}, false});
  }
  PartitionRecord partition(const std::string& topic, int index = 0) const {
    return controller_.pages().find({controller_.topics().at(topic).id, index})->record;
  }
  IsrRequested isr_request(const std::string& topic, int leader, std::initializer_list<int> isr) {
    const PartitionRecord record = partition(topic);
    IsrChange change{record.key, record.leader_epoch, record.partition_epoch, {}};
    for (int id : isr) change.isr.push_back({BrokerId(id), controller_.members().registration(BrokerId(id))->epoch});
    return {++request_, BrokerId(leader), controller_.members().registration(BrokerId(leader))->epoch, {change}};
  }
  VouchedReplica dirty(const std::string& topic, int last_epoch, int64_t end) {
    return {partition(topic).key, LeaderEpoch(last_epoch), end, true};
  }
  VouchedReplica clean(const std::string& topic) { return {partition(topic).key, LeaderEpoch(0), 0, false}; }

  SeededRandom random_;
  Controller controller_;
  Instant now_{1'000'000'000};
  Decisions log_;
  bool auto_confirm_ = true;
  int version_ = 0;
  RequestId request_ = 0;
};

}  // namespace baton::decision
