#include "tests/simulation/policy_checks.h"

#include <algorithm>

#include "controller/coordination/paths.h"
#include "controller/decision/policy_reassignment.h"
#include "controller/decision/return_gate.h"
#include "tests/simulation/stored_pages.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kCatchUpWait = seconds(2);  // ControllerConfig::catch_up_wait, which the simulator leaves as it is
constexpr Duration kRest = seconds(4);         // rounds of the balance, of a second each

bool has(const google::protobuf::RepeatedField<int32_t>& ids, int32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

decision::PartitionKey key_of(const std::string& topic_id, int32_t index) {
  return {TopicId(Uuid::from_bytes(topic_id)), index};
}

}  // namespace

PolicyChecks::PolicyChecks(DataCluster& data) : data_(data) {
  Cluster& cluster = data.cluster;
  cluster.store->submitted = [this](int process, const store::Request& request) { submitted(process, request); };
  cluster.network->sent = [this](int from, int, const control::Frame& frame) {
    if (frame.has_yield()) asked(from, frame.yield());
  };
  cluster.network->told = [this, also = cluster.network->told](int from, int to, const control::Frame& frame) {
    also(from, to, frame);
    told(frame);
  };
  cluster.on_write = [this, also = cluster.on_write](int id, const store::Multi& multi) {
    if (also) also(id, multi);
    written(multi);
  };
  cluster.on_page = [this, also = cluster.on_page](const std::string& topic_id, const control::Partition& before,
                                                   const control::Partition& after) {
    also(topic_id, before, after);
    page_written(before, after);
  };
}

// ---- choices ---------------------------------------------------------------------------------------------------------------

void PolicyChecks::submitted(int process, const store::Request& request) {
  const auto* multi = std::get_if<store::Multi>(&request);
  const node::Node* node = data_.cluster.process(process).node();
  const decision::Controller* controller = multi == nullptr || node == nullptr ? nullptr : node->controller();
  if (controller == nullptr) return;
  for (const store::Op& op : multi->ops) {
    const auto* set = std::get_if<store::SetData>(&op);
    const auto* create = std::get_if<store::Create>(&op);
    if (set == nullptr && create == nullptr) continue;
    control::Page page;
    const std::string& path = set != nullptr ? set->path : create->path;
    if (path.rfind(paths::kPages, 0) != 0 || !page.ParseFromString(set != nullptr ? set->data : create->data)) continue;
    for_each_stored(page, [&](const control::PageTopic& topic, const control::Partition& state) {
      const PartitionAt at{topic.topic_id(), state.index(), state.partition_epoch()};
      if (!submitted_.emplace(at, node->ruling().value()).second) return;
      const auto former = controller->pages().find(key_of(topic.topic_id(), state.index()));
      if (former) {
        check_choice(*controller, topic.topic_id(), former->record, state);
      } else {
        check_placement(*controller, state);
      }
    });
  }
}

// Replicas that the controller has chosen stand on as many racks as can be.
void PolicyChecks::check_placement(const decision::Controller& controller, const control::Partition& state) {
  std::set<std::string> there;
  for (BrokerId id : controller.members().ids()) {
    if (controller.members().electable(id) && !controller.orders().avoids(id)) there.insert(controller.members().rack(id));
  }
  std::set<std::string> used;
  for (const int32_t id : state.replicas()) used.insert(controller.members().rack(BrokerId(id)));
  const auto possible = std::min(there.size(), static_cast<size_t>(state.replicas_size()));
  data_.cluster.invariants.check("RacksSpread", used.size() >= possible, now(), [&] {
    return fmt::format("{} racks, and {} would have been possible: {}", used.size(), possible, state.ShortDebugString());
  });
}

// Who is drained or slow is chosen only where nobody else may lead: save by name, or when the others have had their time to catch up. A new
// controller hears from its brokers one after the other, and has whoever comes first lead what nobody leads.
void PolicyChecks::check_choice(const decision::Controller& controller, const std::string& topic_id,
                                const decision::PartitionRecord& former, const control::Partition& state) {
  const BrokerId leader(state.leader());
  if (leader == BrokerId() || leader == former.leader || state.unclean()) return;
  bool avoided = false;
  bool healthy = false;
  for (const int32_t id : state.isr()) {
    const decision::ReplicaStanding at = controller.standing(former.key, BrokerId(id));
    avoided |= at.electable && at.avoided;
    healthy |= at.electable && !at.avoided && !has(state.removing(), id);
  }
  if (!avoided || !healthy) return;
  const decision::PlannedMove* move = controller.moves().of(former);
  const auto word = words_.find({topic_id, state.index(), former.leader_epoch.value()});
  const bool named = move != nullptr && move->to == leader;
  const bool overdue = word != words_.end() && now() - word->second >= kCatchUpWait;
  const bool settling = now() - ruled_since_ < data_.cluster.options.control_timeout;
  if (named || overdue || settling) return;
  data_.cluster.invariants.check("HealthyBeforeAvoided", !controller.standing(former.key, leader).avoided, now(), [&] {
    return fmt::format("{} is to lead, although it is drained or slow and others are not: {}", leader.value(), state.ShortDebugString());
  });
}

// The balance wants somebody by name. (Who moves away from a broker takes whoever comes first, and names nobody.)
void PolicyChecks::asked(int process, const control::Yield& question) {
  const decision::Controller* controller = data_.cluster.process(process).node()->controller();
  if (controller == nullptr) return;
  for (const control::Yielding& each : question.partitions()) {
    const decision::PartitionKey key = key_of(each.topic_id(), each.partition());
    const decision::PlannedMove* move = controller->moves().find(key);
    const auto entry = controller->pages().find(key);
    if (move == nullptr || !entry || move->to == BrokerId()) continue;
    const decision::ReplicaStanding at = controller->standing(key, move->to);
    auto what = [&] { return fmt::format("the leader of partition {} is asked to make room for {}", key.index, move->to.value()); };
    data_.cluster.invariants.check("MovesWithinIsr", contains(entry->record.isr, move->to) && at.electable, now(), what);
    if (move->cause != decision::MoveCause::kPreferred && move->cause != decision::MoveCause::kLoad) continue;
    data_.cluster.invariants.check("NothingOntoAvoided", !at.avoided, now(), what);
    auto entered = entered_.find(move->to);
    if (entered == entered_.end()) continue;
    data_.cluster.invariants.check("ReturnsWhenSteady", now() - entered->second >= away_for(move->to), now(), [&] {
      return fmt::format("{}, which entered its last ISR {} us ago and has died {} times", what(), (now() - entered->second).count() / 1000,
                         deaths_.contains(move->to) ? deaths_.at(move->to) : 0);
    });
  }
}

// How long nothing goes back to it after it has entered an ISR: doubled by each death after the first.
Duration PolicyChecks::away_for(BrokerId id) const {
  Duration wait = data_.cluster.options.balance.delay;
  auto deaths = deaths_.find(id);
  for (int death = 1; deaths != deaths_.end() && death < deaths->second && wait < decision::ReturnGate::kLongest; ++death) wait *= 2;
  return std::min(wait, decision::ReturnGate::kLongest);
}

// ---- what is remembered -----------------------------------------------------------------------------------------------------

void PolicyChecks::told(const control::Frame& frame) {
  auto note = [this](const control::Stopped& word) { words_.try_emplace({word.topic_id(), word.partition(), word.leader_epoch()}, now()); };
  for (const control::Stopped& word : frame.request().stopped_leading().partitions()) note(word);
  for (const control::Stopped& word : frame.stream_hello().stopped()) note(word);
}

// A new controller knows of no former deaths and returns.
void PolicyChecks::written(const store::Multi& multi) {
  for (const store::Op& op : multi.ops) {
    const auto* set = std::get_if<store::SetData>(&op);
    if (set == nullptr) continue;
    if (set->path == paths::kControllerEpoch) {
      ruled_since_ = now();
      entered_.clear();
      deaths_.clear();
    }
    control::Registration record;
    if (set->path.rfind(paths::kBrokerEpochs, 0) != 0 || !record.ParseFromString(set->data)) continue;
    if (record.life() != control::Registration::LIVE) ++deaths_[BrokerId(std::atoi(set->path.c_str() + set->path.rfind('/') + 1))];
  }
}

void PolicyChecks::page_written(const control::Partition& before, const control::Partition& after) {
  for (const int32_t id : after.isr()) {
    if (!has(before.isr(), id)) entered_[BrokerId(id)] = now();
  }
  if (before.leader_epoch() != after.leader_epoch()) last_change_ = now();
}

// ---- at last -----------------------------------------------------------------------------------------------------------------

void PolicyChecks::come_to_rest(Duration limit) {
  const Instant until = now() + limit;
  const Instant from = now();
  auto resting = [&] { return now() - std::max(last_change_, from) >= kRest; };
  std::optional<Unmet> left = unmet();
  while ((left || !resting()) && now() < until && !data_.violation()) {
    data_.step(milliseconds(250));
    left = unmet();
  }
  if (data_.violation()) return;
  const bool by_load = data_.cluster.options.balance.by_load;
  for (const std::string_view name : {"DrainedLeadsNothing", "SlowIsRelieved", "PreferredLeads", "LoadSpread"}) {
    if (name == "LoadSpread" && !by_load) continue;
    data_.cluster.invariants.check(name, !left || left->invariant != name, now(), [&] { return left->what; });
  }
  data_.cluster.invariants.check("BalanceComesToRest", !left && resting(), now(), [&] {
    return left ? left->what : fmt::format("the last leader changed {} ms ago", (now() - last_change_).count() / 1'000'000);
  });
}

// By truth, and by what operators have ordered.
bool PolicyChecks::fit(const decision::Controller& controller, const decision::PartitionKey& key, int id) const {
  return !controller.orders().avoids(key, BrokerId(id), now()) && !data_.usage.slow.contains(id);
}

int64_t PolicyChecks::load(const decision::PartitionKey& key) const {
  for (const auto& [name, bytes_per_s] : data_.usage.loads) {
    control::TopicEntry entry;
    const auto* node = data_.cluster.store->tree().find(paths::topic(name.first));
    if (name.second != key.index || node == nullptr || !entry.ParseFromString(node->data)) continue;
    if (entry.topic_id() == key.topic.raw()) return bytes_per_s;
  }
  return 0;
}

std::optional<PolicyChecks::Unmet> PolicyChecks::unmet() {
  const int ruler = data_.cluster.ruler();
  if (ruler == 0) return Unmet{"Liveness", "nobody rules"};
  const decision::Controller& controller = *data_.cluster.process(ruler).node()->controller();
  std::optional<Unmet> first;
  data_.every_partition([&](const std::string& topic_id, const control::Partition& state) {
    first = unmet(controller, key_of(topic_id, state.index()), state);
    return !first;
  });
  return !first && data_.cluster.options.balance.by_load ? unbalanced(controller) : first;
}

std::optional<PolicyChecks::Unmet> PolicyChecks::unmet(const decision::Controller& controller, const decision::PartitionKey& key,
                                                       const control::Partition& state) {
  const int leader = state.leader();
  auto because = [&](std::string_view invariant, std::string_view why) {
    return Unmet{invariant, fmt::format("{} {}: {}", leader, why, state.ShortDebugString())};
  };
  const auto held = controller.orders().held_leader(key, now());
  const bool others = std::any_of(state.isr().begin(), state.isr().end(), [&](int id) { return id != leader && fit(controller, key, id); });
  if (others && controller.orders().avoids(BrokerId(leader))) return because("DrainedLeadsNothing", "is drained and leads");
  if (held) return std::nullopt;  // by an operator's wish
  if (others && data_.usage.slow.contains(leader)) return because("SlowIsRelieved", "is slow and leads");
  // By load the preferred replica has a claim only to what costs nothing.
  if (data_.cluster.options.balance.by_load && load(key) > 0) return std::nullopt;
  const int preferred = state.replicas(0);
  const bool may = has(state.isr(), preferred) && fit(controller, key, preferred);
  if (may && leader != preferred) return because("PreferredLeads", "leads in place of the preferred replica");
  return std::nullopt;
}

// Somebody carries more than its share, and one move would bring it nearer to another.
std::optional<PolicyChecks::Unmet> PolicyChecks::unbalanced(const decision::Controller& controller) {
  std::map<int, int64_t> loads;
  for (int id = 1; id <= data_.cluster.options.brokers; ++id) loads[id] = 0;
  double sum = 0;
  data_.every_partition([&](const std::string& topic_id, const control::Partition& state) {
    const int64_t own = load(key_of(topic_id, state.index()));
    loads[state.leader()] += own;
    sum += static_cast<double>(own);
    return true;
  });
  const double most = sum / data_.cluster.options.brokers * (100 + data_.cluster.options.balance.imbalance_percent) / 100;
  std::optional<Unmet> found;
  data_.every_partition([&](const std::string& topic_id, const control::Partition& state) {
    const decision::PartitionKey key = key_of(topic_id, state.index());
    const int64_t own = load(key);
    const int64_t from = loads[state.leader()];
    const bool movable = own > 0 && state.adding_size() + state.removing_size() == 0 && !controller.orders().held_leader(key, now());
    if (!movable || static_cast<double>(from) <= most) return true;
    for (const int id : state.isr()) {
      if (id == state.leader() || !fit(controller, key, id) || loads[id] + own > from - own) continue;
      found = Unmet{"LoadSpread", fmt::format("{} carries {} of a mean of {}, {} carries {} and could take {}: {}", state.leader(), from,
                                              sum / data_.cluster.options.brokers, id, loads[id], own, state.ShortDebugString())};
    }
    return !found;
  });
  return found;
}

}  // namespace baton::simulation
