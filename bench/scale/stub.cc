#include "bench/scale/stub.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <thread>

#include "base/random.h"
#include "controller/coordination/zookeeper_store.h"
#include "controller/messages/columns.h"
#include "controller/plugin/manager_config.h"
#include "controller/plugin/properties.h"

namespace baton::scale {

namespace {

// Some of these at once: what a request may weigh is bounded.
constexpr int kIsrBatch = 20'000;

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

// The uuid that the directory bears, made at its first use.
std::string directory_id(const std::string& directory) {
  const std::filesystem::path path = std::filesystem::path(directory) / "id";
  std::string id;
  if (std::ifstream file(path); file >> id) return id;
  SystemRandom random;
  id = Uuid::random(random).to_string();
  std::filesystem::create_directories(directory);
  std::ofstream(path) << id << "\n";
  return id;
}

Properties properties_of(const StubConfig& config) {
  Properties properties;
  properties["broker.id"] = std::to_string(config.id);
  properties["zookeeper.connect"] = config.zookeeper;
  properties["process.roles"] = config.controller ? "broker,controller" : "broker";
  properties["listeners"] = fmt::format("PLAINTEXT://127.0.0.1:{}", 10000 + config.id);
  properties["control.listener"] = "127.0.0.1:0";
  properties[property::kDataDirectory] = directory_id(config.directory);
  properties[property::kBootId] = boot_id();
  properties[property::kLockInode] = std::to_string(1000 + config.id);
  properties[property::kLocalFileSystem] = "true";
  for (const auto& [key, value] : config.settings) properties[key] = value;
  return properties;
}

// What is not plain is none of ours.
template <class What>
void for_each_plain(const control::Delta& delta, What what) {
  control::PlainPartition plain;
  for (const control::PagePiece& piece : delta.pieces()) {
    for (control::ColumnsReader reader(piece.columns()); reader.next(plain);) what(piece.topic_id(), plain);
  }
  control::ReplicaBuffer buffer;
  for (const control::PartitionOf& partition : delta.partitions()) {
    if (control::to_plain(partition.state(), buffer, plain)) what(partition.topic_id(), plain);
  }
}

}  // namespace

void say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cout << line << std::endl;
}

Result<std::unique_ptr<Stub>> Stub::open(const StubConfig& config) {
  auto manager = manager_config(properties_of(config));
  if (!manager) return tl::unexpected(manager.error());
  std::unique_ptr<Stub> stub(new Stub(config.id));
  auto store = std::make_unique<TimedStore>(
      std::make_unique<store::ZooKeeperStore>(store::ZooKeeperOptions{manager->zookeeper_connect, manager->session_timeout}),
      stub->store_time_);
  node::Shell::Host host;
  host.on_event = [at = stub.get()](const control::Event& event) { at->on_event(event); };
  host.on_fatal = [id = config.id](const std::string& message) { say(fmt::format("fatal {} {}", id, message)); };
  // Events may come before open() has returned; none of them needs the shell.
  auto shell = node::Shell::open(std::move(manager->shell), std::move(store), std::move(host));
  if (!shell) return tl::unexpected(shell.error());
  const std::lock_guard lock(stub->mutex_);
  stub->shell_ = std::move(*shell);
  return stub;
}

void Stub::submit(control::Request request) {
  shell_->submit(std::move(request));
}

void Stub::expect(int victim, int count) {
  const std::lock_guard lock(mutex_);
  victim_ = victim;
  expected_ = count;
  changed_ = 0;
  leaderless_ = 0;
}

void Stub::expect_controller_after(int epoch) {
  const std::lock_guard lock(mutex_);
  after_epoch_ = epoch;
  awaits_controller_ = true;
}

void Stub::expect_partitions(int count) {
  const std::lock_guard lock(mutex_);
  expected_known_ = known_ >= count ? -1 : count;
  if (known_ >= count) say(fmt::format("known {} {} {} {}", id_, known_, clock_.now().ns, epoch_));
}

void Stub::expect_topic(const std::string& name, int count) {
  const std::lock_guard lock(mutex_);
  topic_ = name;
  topic_id_.clear();
  topic_partitions_ = count;
}

void Stub::restore() {
  const std::lock_guard lock(mutex_);
  restoring_ = true;
  if (asked_ == 0) ask_more();
}

void Stub::on_event(const control::Event& event) {
  const std::lock_guard lock(mutex_);
  if (event.has_metadata()) on_metadata(event.metadata());
  if (event.has_roles()) on_roles(event.roles());
  if (event.has_response()) on_response(event.response());
  if (event.has_registered()) say(fmt::format("registered {} {}", id_, event.registered().cluster_id()));
  if (event.has_stop()) {
    forget();
    say(fmt::format("stop {} {}", id_, event.stop().reason()));
    std::thread([this] { shell_->stopped(); }).detach();
  }
}

void Stub::on_metadata(const control::Delta& delta) {
  for (const control::Broker& broker : delta.brokers()) {
    brokers_.erase(broker.id());
    if (broker.live() && broker.ready()) brokers_[broker.id()] = broker.epoch();
  }
  const bool whole = delta.snapshot() && delta.kept_pages().empty();
  if (whole) known_ = 0;
  for (const control::Topic& topic : delta.topics()) {
    if (!topic_.empty() && topic.name() == topic_) topic_id_ = topic.topic_id();
  }
  for_each_plain(delta, [&](const std::string& topic_id, const control::PlainPartition& state) {
    if (!topic_id_.empty() && topic_id == topic_id_) --topic_partitions_;
    known_ += whole || state.partition_epoch == 0;
    if (victim_ < 0 || delta.snapshot()) return;
    bool concerned = false;
    for (const int32_t id : state.replicas) concerned |= id == victim_;
    if (!concerned) return;
    ++changed_;
    leaderless_ += state.leader == 0 || state.leader_id() == victim_;
  });
  epoch_ = delta.controller_epoch();
  const int64_t now = clock_.now().ns;
  if (delta.snapshot() && awaits_controller_ && epoch_ > after_epoch_) {
    awaits_controller_ = false;
    say(fmt::format("follows {} {} {} {}", id_, known_, now, epoch_));
  }
  if (!topic_id_.empty() && topic_partitions_ <= 0) {
    topic_.clear();
    topic_id_.clear();
    say(fmt::format("appeared {} {}", id_, now));
  }
  if (expected_known_ >= 0 && known_ >= expected_known_) {
    expected_known_ = -1;
    say(fmt::format("known {} {} {} {}", id_, known_, now, epoch_));
  }
  if (victim_ >= 0 && changed_ >= expected_) {
    victim_ = -1;
    say(fmt::format("applied {} {} {} {}", id_, changed_, now, leaderless_));
  }
  if (restoring_ && asked_ == 0 && delta.brokers_size() > 0) ask_more();
}

void Stub::on_roles(const control::Roles& roles) {
  if (roles.complete()) forget();
  control::PlainPartition plain;
  control::ReplicaBuffer buffer;
  for (const control::TopicRoles& topic : roles.topics()) {
    control::ColumnsReader reader(topic.columns());
    std::vector<Led>& led = short_[topic.topic_id()];
    for (size_t i = 0; reader.next(plain); ++i) take(led, plain, topic.kinds()[i] == control::Role::LEAD);
  }
  for (const control::Role& role : roles.roles()) {
    if (control::to_plain(role.state(), buffer, plain)) take(short_[role.topic_id()], plain, role.kind() == control::Role::LEAD);
  }
  if (restoring_ && asked_ == 0) ask_more();
}

void Stub::tell_store_time() {
  say(fmt::format("store {} {}", id_, store_time_->so_far().count()));
}

void Stub::forget() {
  short_.clear();
  lacking_ = 0;
}

void Stub::take(std::vector<Led>& topic, const control::PlainPartition& state, bool leads) {
  const auto index = static_cast<size_t>(state.index);
  if (index >= topic.size()) topic.resize(index + 1);
  Led& led = topic[index];
  lacking_ -= led.count > 0;
  led.count = 0;
  if (!leads || std::popcount(state.isr) == static_cast<int>(state.replicas.size()) || state.replicas.size() > led.replicas.size()) return;
  led = {state.leader_epoch, state.partition_epoch, {}, static_cast<uint8_t>(state.replicas.size())};
  std::transform(state.replicas.begin(), state.replicas.end(), led.replicas.begin(), [](int32_t id) { return static_cast<uint16_t>(id); });
  ++lacking_;
}

void Stub::ask_more() {
  if (lacking_ == 0) {
    restoring_ = false;
    say(fmt::format("restored {} {}", id_, clock_.now().ns));
    return;
  }
  control::Request request;
  control::AlterIsr& alter = *request.mutable_alter_isr();
  for (const auto& [topic_id, partitions] : short_) {
    for (size_t index = 0; index < partitions.size(); ++index) {
      const Led& led = partitions[index];
      if (led.count == 0) continue;
      if (alter.partitions_size() >= kIsrBatch) break;
      const std::span<const uint16_t> replicas(led.replicas.data(), led.count);
      const bool all_there = std::all_of(replicas.begin(), replicas.end(), [&](uint16_t id) { return brokers_.contains(id); });
      if (!all_there) continue;
      control::AlterIsrPartition& partition = *alter.add_partitions();
      partition.set_topic_id(topic_id);
      partition.set_partition(static_cast<int32_t>(index));
      partition.set_leader_epoch(led.leader_epoch);
      partition.set_partition_epoch(led.partition_epoch);
      for (const uint16_t id : replicas) {
        control::IsrMember& member = *partition.add_isr();
        member.set_id(id);
        member.set_epoch(brokers_.at(id));
      }
    }
  }
  if (alter.partitions_size() == 0) return;  // asked again when a broker has come
  asked_ = ++correlation_;
  request.set_correlation(asked_);
  shell_->submit(std::move(request));
}

void Stub::on_response(const control::Response& response) {
  if (response.has_topics() || response.has_status()) {
    if (response.has_topics()) {
      int failed = 0;
      std::string why = response.message();
      for (const control::TopicResult& result : response.topics().topics()) {
        failed += result.error() != 0;
        if (result.error() != 0) why = fmt::format("{} {}", result.error(), result.message());
      }
      if (response.error() != 0) failed = -response.error();
      say(fmt::format("created {} {} {} {}", response.correlation(), failed, clock_.now().ns, why));
    }
    if (response.has_status()) {
      for (const control::FailoverStage& stage : response.status().recent()) {
        say(fmt::format("stage {} {} {} {} {}", stage.controller_epoch(), stage.broker_id(), stage.stage(), stage.boottime_ns(),
                        stage.detail()));
      }
      say(fmt::format("status {} {} {}", id_, response.status().controller_id(), response.status().controller_epoch()));
    }
    return;
  }
  if (response.correlation() < (1u << 20))
    return say(fmt::format("created {} {} {} {}", response.correlation(), -response.error(), clock_.now().ns, response.message()));
  if (response.correlation() != asked_) return;
  asked_ = 0;
  control::ReplicaBuffer buffer;
  for (const control::AlterIsrPartitionResult& result : response.alter_isr().partitions()) {
    if (control::PlainPartition plain; result.error() == 0 && control::to_plain(result.state(), buffer, plain))
      take(short_[result.topic_id()], plain, result.state().leader() == id_);
  }
  if (restoring_) ask_more();
}

}  // namespace baton::scale
