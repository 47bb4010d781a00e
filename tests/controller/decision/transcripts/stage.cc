#include "tests/controller/decision/transcripts/stage.h"

#include <fmt/format.h>

#include <sstream>
#include <utility>

namespace baton::decision {
namespace {

using support::duration;
using support::in_words;
using support::number;
using support::numbers;

tl::unexpected<Error> senseless(std::string why) {
  return fail(ErrorCode::kInvalidRequest, std::move(why));
}

std::vector<BrokerId> broker_ids(std::string_view list) {
  std::vector<BrokerId> out;
  for (int id : numbers(list)) out.emplace_back(id);
  return out;
}

}  // namespace

Result<std::string> Stage::carry_out(const std::string& command) {
  Words words(command);
  const std::string verb = words.next();
  if (verb != "cluster" && !world_) return senseless("a transcript begins with its cluster");
  auto outcome = perform(verb, words);
  if (outcome && !words.rest().empty()) return senseless(fmt::format("'{}' means nothing here", words.rest()));
  return outcome;
}

Result<std::string> Stage::perform(const std::string& verb, Words& words) {
  using Handler = Outcome (Stage::*)(const std::string&, Words&);
  static const std::map<std::string, Handler> kHandlers = {
      {"store", &Stage::about_store},     {"confirm", &Stage::about_store},  {"refuse", &Stage::about_store},
      {"kill", &Stage::about_broker},     {"silence", &Stage::about_broker}, {"expire", &Stage::about_broker},
      {"register", &Stage::about_broker}, {"connect", &Stage::about_broker}, {"start", &Stage::about_broker},
      {"drain", &Stage::about_broker},    {"undrain", &Stage::about_broker}, {"decommission", &Stage::about_broker},
      {"quiet", &Stage::about_broker},    {"leave", &Stage::about_leader},   {"leader", &Stage::about_leader},
      {"word", &Stage::about_leader},     {"topic", &Stage::about_topic},    {"delete", &Stage::about_topic},
      {"set", &Stage::about_topic},       {"show", &Stage::about_topic},     {"explain", &Stage::about_topic},
      {"move", &Stage::about_move},       {"step-down", &Stage::about_move}, {"preferred", &Stage::about_move},
      {"unclean", &Stage::about_move},    {"reassign", &Stage::about_move},  {"cancel", &Stage::about_move},
      {"what-if", &Stage::about_move},    {"load", &Stage::about_load},
  };
  if (verb == "cluster") return set_up(words);
  if (verb == "another") return change_controller(words);
  if (verb == "pass") return pass(duration(words.next()));
  if (verb == "wait") return wait();
  auto handler = kHandlers.find(verb);
  if (handler == kHandlers.end()) return senseless("no such command; CONTRIBUTING.md says where they are");
  return (this->*handler->second)(verb, words);
}

// cluster brokers 1,2,3 min 2 [balanced] [by-load] [avoid-slow 50] [flush commit]
Result<std::string> Stage::set_up(Words& words) {
  const std::vector<int> ids = numbers(words.after("brokers"));
  const std::string minimum = words.after("min");
  config_ = World::config(minimum.empty() ? 2 : number(minimum));
  config_.balance.automatic = words.has("balanced");
  config_.balance.by_load = words.has("by-load");
  const std::string slow = words.after("avoid-slow");
  if (!slow.empty()) config_.balance.slow_append = std::chrono::milliseconds(number(slow));
  config_.commit_flush_policy = words.after("flush") == "commit";
  world_ = std::make_unique<World>(0, config_);
  Loaded loaded;
  for (int id : ids) {
    lives_[id] = id;
    loaded.brokers.push_back(world_->seen(id, id, 0));
  }
  feed(loaded);
  for (int id : ids) feed(StreamOpened{BrokerId(id), epoch(id), {}});
  return std::string();
}

// another controller [hears 2,3]: it reads what the former one has stored. Without more words it hears whoever lives.
Result<std::string> Stage::change_controller(Words& words) {
  if (words.next() != "controller") return senseless("another what?");
  const std::string hears = words.after("hears");
  Loaded loaded;
  loaded.orders = world_->controller_.orders();
  for (const auto& [name, topic] : world_->controller_.topics()) {
    loaded.topics.push_back(topic);
    PageTopicRecord partitions{topic.id, name, {}};
    for (int32_t i = 0; i < topic.partitions; ++i) partitions.partitions.push_back(world_->partition(name, i));
    loaded.pages.push_back({static_cast<int32_t>(loaded.pages.size()), {std::move(partitions)}});
  }
  std::vector<int> live;
  for (BrokerId id : world_->controller_.members().ids()) {
    const Registration& registration = *world_->controller_.members().registration(id);
    loaded.brokers.push_back({registration, registration.life == Life::kLive});
    if (registration.life == Life::kLive) live.push_back(id.value());
  }
  for (const auto& [id, incarnation] : marks_) loaded.marks.push_back({id, incarnation});
  auto next = std::make_unique<World>(0, config_);
  next->now_ = world_->now_;
  next->version_ = world_->version_;
  world_ = std::move(next);
  pending_.reset();
  std::string said = feed(loaded);
  for (int id : hears.empty() ? live : numbers(hears)) said += feed(StreamOpened{BrokerId(id), epoch(id), {}});
  return said;
}

// store slow | store prompt | confirm | refuse
Result<std::string> Stage::about_store(const std::string& verb, Words& words) {
  if (verb == "store") {
    prompt_ = words.next() == "prompt";
    return prompt_ ? confirm_all() : std::string();
  }
  if (!pending_) return senseless("no write is under way");
  const Write write = *std::exchange(pending_, std::nullopt);
  if (verb == "refuse") return narrate(world_->controller_.step(world_->now_, WriteRefused{}));
  for (const Change& change : write.changes) {
    if (const auto* mark = std::get_if<PutMark>(&change)) marks_[mark->id] = mark->incarnation;
    if (const auto* topic = std::get_if<PutTopic>(&change)) names_[topic->topic.id] = topic->topic.name;
  }
  return narrate(world_->controller_.step(world_->now_, WriteConfirmed{}));
}

// kill 1 by proof | silence 1 | expire 1 (its session) | quiet 1,2 | register 1 | connect 1 [holds …] | start 1 [holds …]
// drain 1 | undrain 1 | decommission 1
Result<std::string> Stage::about_broker(const std::string& verb, Words& words) {
  const std::string which = words.next();
  const int id = number(which);
  const BrokerId broker(id);
  if (verb == "quiet") {
    const auto quiet = broker_ids(which);
    return feed(Hearing{{}, {quiet.begin(), quiet.end()}});
  }
  if (verb == "drain") return feed(BrokerOrdered{++request_, broker, BrokerOrder::kDrain});
  if (verb == "undrain") return feed(BrokerOrdered{++request_, broker, BrokerOrder::kNone});
  if (verb == "decommission") return feed(BrokerOrdered{++request_, broker, BrokerOrder::kDecommission});
  const Registration* registered = world_->controller_.members().registration(broker);
  if (registered == nullptr) return senseless("there is no such broker");
  if (verb == "kill") {
    if (words.after("by") != "proof") return senseless("by what is its death known? `silence` is the other way");
    return feed(DeathProven{life(lives_.at(id))});
  }
  if (verb == "silence") return feed(StreamLost{broker, epoch(id), world_->now_});
  if (verb == "expire") return feed(BrokerSeen{*registered, false});
  std::string said;
  if (verb != "connect") {
    const int former = std::exchange(lives_[id], lives_.at(id) + 10);
    said += feed(world_->seen(id, lives_[id], former));
  }
  if (verb != "register") said += feed(StreamOpened{broker, epoch(id), held(words)});
  return said;
}

// holds t [dirty epoch 0 end 5]; nothing said: its disk is as it left it.
std::vector<VouchedReplica> Stage::held(Words& words) const {
  std::vector<VouchedReplica> replicas;
  const std::string topic = words.after("holds");
  if (topic == "nothing") return replicas;
  const bool dirty = words.has("dirty");
  const LeaderEpoch last(number(words.after("epoch")));
  const int64_t end = number(words.after("end"));
  for (const auto& [name, record] : world_->controller_.topics()) {
    if (!topic.empty() && topic != name) continue;
    for (int32_t i = 0; i < record.partitions; ++i) replicas.push_back({{record.id, i}, last, end, dirty});
  }
  return replicas;
}

// leave 1 | word 1 t end 100 caught-up 2,3 | word 1 t dirty epoch 0 end 5 | leader 1 asks t in-sync 1,2 [epoch 3] [version 7] [stale 2]
Result<std::string> Stage::about_leader(const std::string& verb, Words& words) {
  const int id = number(words.next());
  if (!lives_.contains(id)) return senseless("there is no such broker");
  if (verb == "leave") return feed(LeavingRequested{++request_, BrokerId(id), epoch(id)});
  if (verb == "leader" && !words.has("asks")) return senseless("a leader asks");
  const std::string partition = words.next();
  const auto record = find(partition);
  if (!record) return senseless("there is no such partition");
  return feed(verb == "word" ? word_of(id, *record, words) : isr_request(id, *record, words));
}

Event Stage::word_of(int id, const PartitionRecord& of, Words& words) const {
  OwnWord::Stopped stopped{of.key, of.leader_epoch, 0, {}};
  stopped.dirty = words.has("dirty");
  const std::string last = words.after("epoch");
  if (stopped.dirty) stopped.last_epoch = LeaderEpoch(number(last));
  stopped.end_offset = number(words.after("end"));
  for (int member : numbers(words.after("caught-up"))) stopped.caught_up.push_back({BrokerId(member), epoch(member)});
  return OwnWord{BrokerId(id), epoch(id), {stopped}};
}

Event Stage::isr_request(int id, const PartitionRecord& of, Words& words) {
  IsrChange change{of.key, of.leader_epoch, of.partition_epoch, {}};
  const std::string at_epoch = words.after("epoch");
  const std::string at_version = words.after("version");
  const int stale = number(words.after("stale"));  // seen in its former life
  if (!at_epoch.empty()) change.leader_epoch = LeaderEpoch(number(at_epoch));
  if (!at_version.empty()) change.partition_epoch = PartitionEpoch(number(at_version));
  for (int member : numbers(words.after("in-sync"))) {
    change.isr.push_back({BrokerId(member), member == stale ? BrokerEpoch(epoch(member).value() - 10) : epoch(member)});
  }
  return IsrRequested{++request_, BrokerId(id), epoch(id), {change}};
}

// load 1 [t-0=50,t-1=10] [append 80]: megabytes a second, and milliseconds that an append takes
Result<std::string> Stage::about_load(const std::string&, Words& words) {
  const int id = number(words.next());
  if (!lives_.contains(id)) return senseless("there is no such broker");
  LoadReported report{BrokerId(id), epoch(id), 0, {}, std::nullopt};
  const std::string append = words.after("append");
  if (!append.empty()) report.append = std::chrono::milliseconds(number(append));
  std::istringstream loads(words.next());
  for (std::string each; std::getline(loads, each, ',');) {
    const size_t equals = each.find('=');
    const auto record = find(each.substr(0, equals));
    if (equals == std::string::npos || !record) return senseless("a load is partition=megabytes");
    report.partitions.push_back({record->key, int64_t{1'000'000} * number(each.substr(equals + 1))});
  }
  return feed(report);
}

// topic t [partitions 2] [replicas 1,2,3] | delete t | set t key=value | show t | explain t
Result<std::string> Stage::about_topic(const std::string& verb, Words& words) {
  const std::string name = words.next();
  if (verb == "show") return show(name);
  if (verb == "explain") return feed(ExplainRequested{++request_, choice(name)});
  if (verb == "delete") return feed(DeleteRequested{++request_, {TopicChoice{name, {}}}, {}});
  if (verb == "set") {
    const std::string setting = words.next();
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) return senseless("a setting is key=value");
    ConfigChange change{{ConfigResource::kTopic, name}, false, {}};
    change.ops.push_back({setting.substr(0, equals), ConfigOp::Kind::kSet, setting.substr(equals + 1)});
    return feed(ConfigsRequested{++request_, {change}});
  }
  const std::string partitions = words.after("partitions");
  NewTopic topic{name, partitions.empty() ? 1 : number(partitions), -1, {}, {}};
  const std::string replicas = words.after("replicas");
  if (!replicas.empty()) topic.assignments.assign(static_cast<size_t>(std::exchange(topic.partitions, -1)), broker_ids(replicas));
  return feed(CreateRequested{++request_, {topic}});
}

// move t to 3 [for 10s] | step-down t for 60s | preferred t | unclean t | reassign t to 4,5,6 | cancel t | what-if 1,2
Result<std::string> Stage::about_move(const std::string& verb, Words& words) {
  using Kind = MoveRequested::Kind;
  static const std::map<std::string, Kind> kKinds = {
      {"move", Kind::kNamed}, {"step-down", Kind::kStepDown}, {"preferred", Kind::kPreferred}, {"unclean", Kind::kUnclean}};
  const std::string what = words.next();
  if (verb == "what-if") {
    const auto dead = broker_ids(what);
    return feed(WhatIfRequested{++request_, {dead.begin(), dead.end()}});
  }
  const std::string to = words.after("to");
  if (verb == "reassign") return feed(ReassignRequested{++request_, {{choice(what), broker_ids(to), false}}});
  if (verb == "cancel") return feed(ReassignRequested{++request_, {{choice(what), {}, true}}});
  const BrokerId target = to.empty() ? BrokerId() : BrokerId(number(to));
  return feed(MoveRequested{++request_, kKinds.at(verb), {choice(what)}, false, target, duration(words.after("for"))});
}

std::string Stage::feed(const Event& event) {
  std::string said = narrate(world_->controller_.step(world_->now_, event));
  if (prompt_) said += confirm_all();
  return said;
}

std::string Stage::narrate(const Decisions& decisions) {
  const Narrator narrator([this](TopicId id) {
    auto known = names_.find(id);
    return known == names_.end() ? std::string("a topic that never was") : known->second;
  });
  std::string said;
  for (const Decision& decision : decisions) {
    if (const auto* write = std::get_if<Write>(&decision)) pending_ = *write;
    if (const auto* wake = std::get_if<WakeAt>(&decision)) wake_at_ = wake->at;
    said += narrator.tell(decision, prompt_);
  }
  return said;
}

std::string Stage::confirm_all() {
  std::string said;
  Words none("");
  while (pending_) said += *about_store("confirm", none);
  return said;
}

std::string Stage::pass(Duration time) {
  const Instant begin = world_->now_, end = begin + time;
  std::string said;
  auto wake = [&] {
    if (const std::string what = feed(Woken{}); !what.empty()) said += fmt::format("after {}:\n{}", in_words(world_->now_ - begin), what);
  };
  while (wake_at_ > world_->now_ && wake_at_ <= end) {
    world_->now_ = wake_at_;
    wake();
  }
  world_->now_ = end;
  wake();
  return said;
}

std::string Stage::wait() {
  constexpr int kWakesMax = 100;
  const Instant begin = world_->now_;
  for (int i = 0; i < kWakesMax && wake_at_ != Instant::never(); ++i) {
    world_->now_ = std::max(world_->now_, wake_at_);
    if (const std::string what = feed(Woken{}); !what.empty()) return fmt::format("after {}:\n{}", in_words(world_->now_ - begin), what);
  }
  return "waits for nothing\n";
}

PartitionChoice Stage::choice(const std::string& partition) const {
  const size_t dash = partition.rfind('-');
  if (dash == std::string::npos) return {partition, 0};
  return {partition.substr(0, dash), number(partition.substr(dash + 1))};
}

std::optional<PartitionRecord> Stage::find(const std::string& partition) const {
  const PartitionChoice which = choice(partition);
  const auto& topics = world_->controller_.topics();
  const auto topic = topics.find(which.topic);
  if (topic == topics.end() || which.index >= topic->second.partitions) return std::nullopt;
  return world_->partition(which.topic, which.index);
}

std::string Stage::show(const std::string& partition) const {
  const auto record = find(partition);
  if (!record) return fmt::format("there is no {}\n", partition);
  return Narrator({}).describe(*record, choice(partition).topic) + "\n";
}

}  // namespace baton::decision
