#include "tests/broker/fake_manager/fake_manager.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/error_code.h"
#include "base/random.h"
#include "base/uuid.h"
#include "controller/messages/control.pb.h"
#include "controller/plugin/baton.h"

using namespace baton;

namespace {
std::atomic<bool> first_image_is_held{false};
}

struct baton_manager {
  baton_host host{};
  std::map<std::string, std::string> properties;
  std::atomic<int64_t> lease{INT64_MAX};
  std::atomic<bool> ignores_leaving{false};

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<control::Event> queue;
  bool closing = false;
  std::thread thread;

  // The event thread's.
  int32_t id = 0;
  int64_t offset = 0;
  int64_t next_producer_id = 1000;
  std::map<std::string, control::Topic> topics;
  std::map<std::string, int> counts;  // of partitions
  SystemRandom random;
  std::deque<control::Request> requests;
  std::vector<control::Event> held;                                   // under the mutex
  std::optional<control::StoppedLeading> last_word;                   // under the mutex
  std::vector<control::FirstAcknowledgement> first_acknowledgements;  // under the mutex, those that nobody heard among them
  int unheard = 0;                                                    // under the mutex: so many more are not heard

  void post(control::Event event) {
    std::lock_guard lock(mutex);
    queue.push_back(std::move(event));
    changed.notify_all();
  }
  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return closing || !queue.empty() || !requests.empty(); });
      if (closing && queue.empty() && requests.empty()) return;
      if (!queue.empty()) {
        auto event = std::move(queue.front());
        queue.pop_front();
        lock.unlock();
        deliver(event);
        lock.lock();
      } else {
        auto request = std::move(requests.front());
        requests.pop_front();
        lock.unlock();
        handle(request);
        lock.lock();
      }
    }
  }
  void deliver(const control::Event& event) {
    std::string bytes = event.SerializeAsString();
    host.on_event(host.context, bytes.data(), bytes.size());
  }

  void begin() {
    id = std::stoi(properties.at("broker.id"));
    control::Event registered;
    registered.mutable_registered()->set_broker_epoch(1);
    registered.mutable_registered()->set_cluster_id("fakeClusterIdOf22Chars");
    deliver(registered);
    control::Event image;
    auto* delta = image.mutable_metadata();
    start_delta(*delta);
    delta->set_snapshot(true);
    auto* broker = delta->add_brokers();
    broker->set_id(id);
    broker->set_epoch(1);
    broker->set_live(true);
    broker->set_ready(true);
    broker->set_streaming(true);
    std::string listener = properties.at("advertised.listeners");  // NAME://host:port
    size_t scheme = listener.find("://");
    size_t colon = listener.rfind(':');
    auto* endpoint = broker->add_endpoints();
    endpoint->set_listener(listener.substr(0, scheme));
    endpoint->set_host(listener.substr(scheme + 3, colon - scheme - 3));
    endpoint->set_port(std::stoi(listener.substr(colon + 1)));
    control::Event roles;
    roles.mutable_roles()->set_controller_epoch(1);
    roles.mutable_roles()->set_complete(true);
    for (auto& event : {image, roles}) tell_or_hold(event);
  }
  void tell_or_hold(const control::Event& event) {
    {
      std::lock_guard lock(mutex);
      if (first_image_is_held) return held.push_back(event);
    }
    deliver(event);
  }
  void start_delta(control::Delta& delta) {
    delta.set_controller_epoch(1);
    delta.set_controller_id(id);
    delta.set_offset(offset++);
    delta.set_cluster_id("fakeClusterIdOf22Chars");
  }

  void handle(const control::Request& request) {
    control::Event event;
    auto* response = event.mutable_response();
    response->set_correlation(request.correlation());
    response->set_controller_epoch(1);
    switch (request.kind_case()) {
      case control::Request::kCreateTopics:
        for (auto& topic : request.create_topics().topics()) {
          *response->mutable_topics()->add_topics() = create(topic, request.create_topics().validate_only());
        }
        break;
      case control::Request::kDeleteTopics:
        for (auto& topic : request.delete_topics().topics()) *response->mutable_topics()->add_topics() = remove(topic);
        break;
      case control::Request::kMoveLeaders:
        response->mutable_move_leaders();
        for (auto& partition : request.move_leaders().partitions()) *response->mutable_move_leaders()->add_partitions() = move(partition);
        break;
      case control::Request::kGrowTopics:
        for (auto& topic : request.grow_topics().topics()) *response->mutable_topics()->add_topics() = grow(topic);
        break;
      case control::Request::kChangeConfigs:
        for (auto& change : request.change_configs().resources()) {
          *response->mutable_change_configs()->add_resources() = change_configs(change);
        }
        break;
      case control::Request::kAllocateProducerIds:
        response->mutable_producer_ids()->set_first(next_producer_id);
        response->mutable_producer_ids()->set_count(1000);
        next_producer_id += 1000;
        break;
      case control::Request::kControlledShutdown:
        if (ignores_leaving) return;
        response->mutable_controlled_shutdown()->set_remaining(0);
        break;
      case control::Request::kStoppedLeading: {
        std::lock_guard lock(mutex);
        last_word = request.stopped_leading();
        break;
      }
      case control::Request::kFirstAcknowledgement: {
        std::lock_guard lock(mutex);
        first_acknowledgements.push_back(request.first_acknowledgement());
        if (unheard > 0) {
          --unheard;
          response->set_error(static_cast<int>(ErrorCode::kNotController));
        }
        break;
      }
      default:
        break;
    }
    deliver(event);
  }

  control::TopicResult create(const control::NewTopic& wanted, bool validate_only) {
    control::TopicResult result;
    result.set_name(wanted.name());
    int partitions = wanted.partitions() < 0 ? 1 : wanted.partitions();
    result.set_partitions(partitions);
    result.set_replication_factor(1);
    if (topics.contains(wanted.name())) {
      result.set_error(static_cast<int>(ErrorCode::kTopicAlreadyExists));
      return result;
    }
    if (wanted.replication_factor() > 1) {
      result.set_error(static_cast<int>(ErrorCode::kInvalidReplicationFactor));
      return result;
    }
    Uuid topic_id = Uuid::random(random);
    result.set_topic_id(std::string(topic_id.raw()));
    if (validate_only) return result;
    control::Event image;
    control::Event roles;
    roles.mutable_roles()->set_controller_epoch(1);
    start_delta(*image.mutable_metadata());
    auto* topic = image.mutable_metadata()->add_topics();
    topic->set_name(wanted.name());
    topic->set_topic_id(result.topic_id());
    *topic->mutable_configs() = wanted.configs();
    topic->set_min_insync_replicas(1);
    add_partitions(*topic, 0, partitions, *image.mutable_metadata(), *roles.mutable_roles());
    topics[wanted.name()] = *topic;
    roles.mutable_roles()->set_delta(image.metadata().offset());
    deliver(image);
    deliver(roles);
    return result;
  }

  void add_partitions(const control::Topic& topic, int from, int to, control::Delta& image, control::Roles& roles) {
    for (int p = from; p < to; ++p) {
      auto* partition = image.add_partitions();
      partition->set_topic_id(topic.topic_id());
      auto* state = partition->mutable_state();
      state->set_index(p);
      state->add_replicas(id);
      state->add_isr(id);
      state->set_leader(id);
      state->set_leader_epoch(0);
      state->set_partition_epoch(0);
      auto* role = roles.add_roles();
      role->set_topic_id(topic.topic_id());
      role->set_topic(topic.name());
      *role->mutable_state() = *state;
      role->set_min_insync_replicas(1);
      *role->mutable_configs() = topic.configs();
      role->set_kind(control::Role::LEAD);
    }
    counts[topic.name()] = to;
  }

  // Whoever leads here is the only one who could.
  control::MoveResult move(const control::PartitionName& wanted) {
    control::MoveResult result;
    result.set_topic(wanted.topic());
    result.set_partition(wanted.partition());
    bool known = topics.contains(wanted.topic()) && wanted.partition() < counts[wanted.topic()];
    result.set_error(static_cast<int>(known ? ErrorCode::kElectionNotNeeded : ErrorCode::kUnknownTopicOrPartition));
    result.set_message("said by the fake manager");
    return result;
  }

  control::TopicResult grow(const control::GrownTopic& wanted) {
    control::TopicResult result;
    result.set_name(wanted.name());
    if (!topics.contains(wanted.name())) {
      result.set_error(static_cast<int>(ErrorCode::kUnknownTopicOrPartition));
      return result;
    }
    result.set_partitions(wanted.partitions());
    change(topics[wanted.name()], counts[wanted.name()], wanted.partitions());
    return result;
  }

  control::ConfigResult change_configs(const control::ConfigChange& wanted) {
    control::ConfigResult result;
    *result.mutable_resource() = wanted.resource();
    auto found = topics.find(wanted.resource().name());
    if (found == topics.end()) {
      result.set_error(static_cast<int>(ErrorCode::kUnknownTopicOrPartition));
      return result;
    }
    if (wanted.replace()) found->second.clear_configs();
    for (auto& op : wanted.ops()) {
      if (op.kind() == control::ConfigOp::DELETE) {
        found->second.mutable_configs()->erase(op.key());
      } else {
        (*found->second.mutable_configs())[op.key()] = op.value();
      }
    }
    change(found->second, 0, counts[wanted.resource().name()]);
    return result;
  }

  // The topic as it is now, and these of its partitions.
  void change(const control::Topic& topic, int from, int to) {
    control::Event image;
    control::Event roles;
    roles.mutable_roles()->set_controller_epoch(1);
    start_delta(*image.mutable_metadata());
    *image.mutable_metadata()->add_topics() = topic;
    add_partitions(topic, from, to, *image.mutable_metadata(), *roles.mutable_roles());
    roles.mutable_roles()->set_delta(image.metadata().offset());
    deliver(image);
    deliver(roles);
  }

  control::TopicResult remove(const control::TopicName& wanted) {
    control::TopicResult result;
    for (auto& [name, topic] : topics) {
      if (name != wanted.name() && (wanted.topic_id().empty() || topic.topic_id() != wanted.topic_id())) continue;
      result.set_name(name);
      result.set_topic_id(topic.topic_id());
      control::Event image;
      start_delta(*image.mutable_metadata());
      auto* gone = image.mutable_metadata()->add_topics();
      *gone = topic;
      gone->set_removed(true);
      deliver(image);
      topics.erase(name);
      return result;
    }
    result.set_name(wanted.name());
    result.set_error(static_cast<int>(ErrorCode::kUnknownTopicOrPartition));
    return result;
  }
};

namespace {
std::atomic<baton_manager*> latest{nullptr};
}

namespace baton::fake_manager {
std::string property(const std::string& key) {
  const auto& properties = latest.load()->properties;
  auto found = properties.find(key);
  return found == properties.end() ? "" : found->second;
}
void set_lease_deadline_ns(int64_t deadline) {
  latest.load()->lease = deadline;
}
std::optional<control::StoppedLeading> last_word() {
  baton_manager& manager = *latest.load();
  std::lock_guard lock(manager.mutex);
  return manager.last_word;
}
std::vector<control::FirstAcknowledgement> first_acknowledgements() {
  baton_manager& manager = *latest.load();
  std::lock_guard lock(manager.mutex);
  return manager.first_acknowledgements;
}
void hear_no_first_acknowledgement(int count) {
  baton_manager& manager = *latest.load();
  std::lock_guard lock(manager.mutex);
  manager.unheard = count;
}
void ignore_controlled_shutdown() {
  latest.load()->ignores_leaving = true;
}
void send(const control::Event& event) {
  latest.load()->post(event);
}
void hold_first_image() {
  first_image_is_held = true;
}
void release_first_image() {
  baton_manager& manager = *latest.load();
  std::lock_guard lock(manager.mutex);
  first_image_is_held = false;
  for (auto& event : manager.held) manager.queue.push_back(std::move(event));
  manager.held.clear();
  manager.changed.notify_all();
}
}  // namespace baton::fake_manager

extern "C" {

int baton_open(const baton_property* properties, size_t count, const baton_host* host, baton_manager** manager, char*, size_t) {
  auto* opened = new baton_manager;
  opened->host = *host;
  for (size_t i = 0; i < count; ++i) opened->properties[properties[i].key] = properties[i].value;
  *manager = opened;
  latest = opened;
  opened->thread = std::thread([opened] {
    opened->begin();
    opened->run();
  });
  return BATON_OK;
}

int baton_submit(baton_manager* manager, const void* bytes, size_t size) {
  control::Request request;
  if (!request.ParseFromArray(bytes, static_cast<int>(size))) return BATON_INVALID;
  std::lock_guard lock(manager->mutex);
  manager->requests.push_back(std::move(request));
  manager->changed.notify_all();
  return BATON_OK;
}

int64_t baton_lease_deadline_ns(const baton_manager* manager) {
  return manager->lease;
}

int baton_stopped(baton_manager*) {
  return BATON_OK;
}

void baton_close(baton_manager* manager) {
  {
    std::lock_guard lock(manager->mutex);
    manager->closing = true;
    manager->changed.notify_all();
  }
  manager->thread.join();
  latest = nullptr;
  delete manager;
}
}
