#include "broker/handlers/controller_request.h"

#include <algorithm>

#include "broker/metadata/internal_topics.h"
#include "broker/metadata/manager_link.h"
#include "broker/shards/shard_set.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

constexpr Duration kRetryMin = std::chrono::milliseconds(5);
constexpr Duration kRetryMax = std::chrono::milliseconds(100);

// One question until it is answered; keeps itself alive by what it waits for.
class Asking : public std::enable_shared_from_this<Asking> {
 public:
  Asking(Services& services, control::Request request, Duration timeout, Function<void(control::Response)> done)
      : services_(services),
        request_(std::move(request)),
        done_(std::move(done)),
        until_(services.clock.now() + timeout),
        retry_(*network::Reactor::current()),
        deadline_(*network::Reactor::current()) {}

  void begin(Duration timeout) {
    deadline_.start(timeout, [self = shared_from_this()] {
      control::Response late;
      late.set_error(static_cast<int32_t>(ErrorCode::kRequestTimedOut));
      late.set_message("the controller did not answer in time");
      self->finish(std::move(late));
    });
    ask();
  }

 private:
  void ask() {
    services_.manager.submit(request_, [self = shared_from_this()](control::Response response) {
      if (error_of(response) != ErrorCode::kNotController) return self->finish(std::move(response));
      self->retry_.start(self->backoff_, [self] {
        if (self->done_) self->ask();
      });
      self->backoff_ = std::min(self->backoff_ * 2, kRetryMax);
    });
  }
  void finish(control::Response response) {
    if (!done_) return;
    deadline_.cancel();
    retry_.cancel();
    auto done = std::move(done_);
    done_ = nullptr;
    done(std::move(response));
  }

  Services& services_;
  control::Request request_;
  Function<void(control::Response)> done_;
  Instant until_;
  Duration backoff_ = kRetryMin;
  network::Timer retry_;
  network::Timer deadline_;
};

control::Request request_for(const std::vector<TopicWanted>& topics, bool validate_only) {
  control::Request request;
  auto* create = request.mutable_create_topics();
  create->set_validate_only(validate_only);
  for (auto& topic : topics) {
    auto* added = create->add_topics();
    added->set_name(topic.name);
    added->set_partitions(topic.partitions);
    added->set_replication_factor(topic.replication_factor);
    for (auto& [key, value] : topic.configs) (*added->mutable_configs())[key] = value;
    for (size_t i = 0; i < topic.assignments.size(); ++i) {
      auto* assignment = added->add_assignments();
      assignment->set_partition(static_cast<int32_t>(i));
      for (auto id : topic.assignments[i]) assignment->add_replicas(id.value());
    }
  }
  return request;
}

std::vector<TopicCreated> results_of(const control::Response& response, const std::vector<TopicWanted>& topics) {
  std::vector<TopicCreated> results;
  for (auto& topic : topics) {
    TopicCreated result;
    result.name = topic.name;
    result.error = error_of(response);
    result.message = response.message();
    result.throttle_ms = response.throttle_ms();
    bool found = false;
    for (auto& each : response.topics().topics()) {
      if (each.name() != topic.name) continue;
      found = true;
      result.id = TopicId(Uuid::from_bytes(each.topic_id()));
      result.error = static_cast<ErrorCode>(each.error());
      result.message = each.message();
      result.partitions = each.partitions();
      result.replication_factor = each.replication_factor();
    }
    if (!found && result.error == ErrorCode::kNone) result.error = ErrorCode::kUnknownServerError;
    results.push_back(std::move(result));
  }
  return results;
}

bool shows(const Image& image, const TopicCreated& created) {
  if (created.error != ErrorCode::kNone) return true;
  auto* topic = image.topic(created.id);
  return topic != nullptr && static_cast<int32_t>(topic->partitions.size()) >= created.partitions;
}

}  // namespace

void ask_controller(Services& services, control::Request request, Duration timeout, Function<void(control::Response)> done) {
  std::make_shared<Asking>(services, std::move(request), timeout, std::move(done))->begin(timeout);
}

ErrorCode error_of(const control::Response& response) {
  return static_cast<ErrorCode>(response.error());
}

void create_topics(Services& services, std::vector<TopicWanted> topics, bool validate_only, Duration timeout,
                   Function<void(std::vector<TopicCreated>)> done, const control::MutatingClient* client) {
  Instant until = services.clock.now() + timeout;
  auto request = request_for(topics, validate_only);
  if (client != nullptr) *request.mutable_create_topics()->mutable_client() = *client;
  ask_controller(services, std::move(request), timeout,
                 [&services, topics = std::move(topics), validate_only, until, done = std::move(done)](control::Response response) mutable {
                   auto results = std::make_shared<std::vector<TopicCreated>>(results_of(response, topics));
                   if (validate_only) return done(std::move(*results));
                   auto there = [results](const Image& image) {
                     return std::all_of(results->begin(), results->end(), [&](auto& each) { return shows(image, each); });
                   };
                   Duration left = std::max(until - services.clock.now(), Duration(0));
                   services.shards.here().images().when(there, left, [&services, results, done = std::move(done)](bool) mutable {
                     for (auto& each : *results) {
                       if (shows(*services.image(), each)) continue;
                       each.error = ErrorCode::kRequestTimedOut;
                       each.message = "created, but this broker does not see it yet";
                     }
                     done(std::move(*results));
                   });
                 });
}

TopicWanted topic_by_default(const Settings& settings, const std::string& name) {
  TopicWanted topic;
  topic.name = name;
  topic.partitions = settings.int32("num.partitions");
  topic.replication_factor = settings.int32("default.replication.factor");
  if (name == kOffsetsTopic) {
    topic.partitions = settings.int32("offsets.topic.num.partitions");
    topic.replication_factor = settings.int32("offsets.topic.replication.factor");
    topic.configs = {{"cleanup.policy", "compact"},
                     {"compression.type", "producer"},
                     {"segment.bytes", std::to_string(settings.integer("offsets.topic.segment.bytes"))}};
  }
  return topic;
}

}  // namespace baton
