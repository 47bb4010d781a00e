// Fetch, for consumers and followers. The shards that own the partitions are visited one after the other, so that the
// limits of the whole answer hold; where there is too little, a token is left with every partition, and the first news
// brings the fetch back.
#include "broker/protocol/messages/fetch.h"

#include <algorithm>

#include "broker/handlers/handlers.h"
#include "broker/handlers/leader_hints.h"
#include "broker/shards/shard_set.h"

namespace baton {
namespace {

using Request = protocol::FetchRequest;
using Response = protocol::FetchResponse;

constexpr int16_t kTopicIds = 13;

struct Slot {
  TopicPartition partition;
  FetchParams params;
  ErrorCode refusal = ErrorCode::kNone;  // known before any shard is asked
  int shard = -1;
  size_t topic = 0;
  ReadOutcome outcome;
};

class Operation : public std::enable_shared_from_this<Operation> {
 public:
  Operation(Services& services, CallPtr call, Request request)
      : services_(services), call_(std::move(call)), request_(std::move(request)), patience_(*network::Reactor::current()) {}

  void begin();

 private:
  void lay_out_slots();
  void read_on(size_t visit);
  void read_here(int shard);
  void on_read();
  void answer();
  size_t bytes() const;
  bool any_news() const;
  bool enough() const { return any_news() || bytes() >= static_cast<size_t>(std::max(request_.min_bytes, 0)); }

  Services& services_;
  CallPtr call_;
  Request request_;
  Fetcher fetcher_;
  std::vector<Slot> slots_;
  std::vector<int> route_;  // the shards to visit, this reactor's own first
  size_t bytes_left_ = 0;   // of the answer, during a round
  bool empty_ = true;       // nothing was read yet in this round
  std::shared_ptr<WakeToken> token_;
  network::Timer patience_;
  Instant until_;
  bool reading_ = false;
  bool again_ = false;  // woken while reading
  bool last_ = false;   // patience has run out
  bool answered_ = false;
};

void Operation::lay_out_slots() {
  auto image = services_.image();
  for (size_t t = 0; t < request_.topics.size(); ++t) {
    auto& topic = request_.topics[t];
    bool by_id = call_->version() >= kTopicIds;
    auto* known = by_id ? image->topic(topic.topic_id) : image->topic(topic.topic);
    for (auto& partition : topic.partitions) {
      Slot slot;
      slot.topic = t;
      slot.partition = {known == nullptr ? TopicId() : known->id, partition.partition};
      slot.params.current_leader_epoch = partition.current_leader_epoch;
      slot.params.offset = partition.fetch_offset;
      slot.params.last_fetched_epoch = partition.last_fetched_epoch;
      slot.params.max_bytes = static_cast<size_t>(std::max(partition.partition_max_bytes, 0));
      if (known == nullptr) {
        slot.refusal = by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition;
      } else if (known->partition(partition.partition) == nullptr) {
        slot.refusal = ErrorCode::kUnknownTopicOrPartition;
      } else {
        slot.shard = services_.shards.shard_of(slot.partition);
        if (std::find(route_.begin(), route_.end(), slot.shard) == route_.end()) route_.push_back(slot.shard);
      }
      slots_.push_back(std::move(slot));
    }
  }
  auto home = std::find(route_.begin(), route_.end(), call_->home_shard());
  if (home != route_.end()) std::iter_swap(route_.begin(), home);
}

void Operation::begin() {
  if (call_->version() >= 15) {
    fetcher_ = {request_.replica_state.replica_id, request_.replica_state.replica_epoch};
  } else {
    fetcher_.replica = request_.replica_id;
    // R8: between brokers Fetch names the life of its sender; who can not is no follower of this cluster.
    if (fetcher_.is_follower()) return call_->close("a follower must fetch with version 15 or later");
  }
  lay_out_slots();
  until_ = services_.clock.now() + std::chrono::milliseconds(std::max(request_.max_wait_ms, 0));
  read_on(0);
}

// Home reactor → the next shard → … → home reactor.
void Operation::read_on(size_t visit) {
  if (visit == 0) {
    reading_ = true;
    again_ = false;
    bytes_left_ = static_cast<size_t>(std::clamp<int64_t>(request_.max_bytes, 0, services_.config.settings.integer("fetch.max.bytes")));
    empty_ = true;
    fetcher_.throttled_bytes = 0;
    if (token_) token_->retire();
    token_ = std::make_shared<WakeToken>([weak = weak_from_this(), &services = services_, home = call_->home_shard()] {
      services.shards.run_on(home, [weak] {
        auto self = weak.lock();
        if (!self || self->answered_) return;
        if (self->reading_) {
          self->again_ = true;
        } else {
          self->read_on(0);
        }
      });
    });
  }
  if (visit == route_.size()) {
    return services_.shards.run_on(call_->home_shard(), [self = shared_from_this()] { self->on_read(); });
  }
  services_.shards.run_on(route_[visit], [self = shared_from_this(), visit] {
    self->read_here(self->route_[visit]);
    self->read_on(visit + 1);
  });
}

void Operation::read_here(int shard) {
  for (auto& slot : slots_) {
    if (slot.shard != shard) continue;
    FetchParams params = slot.params;
    params.max_bytes = std::min(params.max_bytes, bytes_left_);
    params.at_least_one_batch = empty_;
    slot.outcome = services_.shards.at(static_cast<size_t>(shard)).fetch(slot.partition, params, fetcher_, token_);
    if (slot.outcome.slice.bytes > 0) empty_ = false;
    bytes_left_ -= std::min(bytes_left_, slot.outcome.slice.bytes);
    fetcher_.throttled_bytes += slot.outcome.throttled_bytes;
  }
}

size_t Operation::bytes() const {
  size_t sum = 0;
  for (auto& slot : slots_) sum += slot.outcome.slice.bytes;
  return sum;
}

bool Operation::any_news() const {
  return std::any_of(slots_.begin(), slots_.end(), [](auto& slot) {
    return slot.refusal != ErrorCode::kNone || slot.outcome.error != ErrorCode::kNone || slot.outcome.diverging;
  });
}

void Operation::on_read() {
  reading_ = false;
  Duration left = until_ - services_.clock.now();
  if (enough() || last_ || left <= Duration(0)) return answer();
  if (again_) return read_on(0);
  // The timer alone keeps the operation alive while it waits: tokens hold it weakly.
  patience_.start(left, [self = shared_from_this()] {
    if (self->answered_) return;
    self->last_ = true;
    if (!self->reading_) self->read_on(0);
  });
}

void Operation::answer() {
  answered_ = true;
  token_->retire();
  services_.shards.here().context().quotas->leader.spend(fetcher_.throttled_bytes, services_.clock.now());
  Response response;
  std::vector<FileRanges> files;
  auto image = services_.image();
  for (auto& topic : request_.topics) {
    auto& out = response.responses.emplace_back();
    out.topic = topic.topic;
    out.topic_id = topic.topic_id;
    out.partitions.reserve(topic.partitions.size());
  }
  for (auto& slot : slots_) {
    auto& partition = response.responses[slot.topic].partitions.emplace_back();
    auto& outcome = slot.outcome;
    partition.partition_index = slot.partition.index;
    partition.error_code = slot.refusal != ErrorCode::kNone ? slot.refusal : outcome.error;
    partition.high_watermark = outcome.high_watermark;
    partition.last_stable_offset = outcome.high_watermark;
    partition.log_start_offset = outcome.log_start_offset;
    if (outcome.diverging) partition.diverging_epoch = {outcome.diverging->epoch, outcome.diverging->end_offset};
    if (deserves_hint(partition.error_code)) {
      add_hint(*image, call_->listener(), slot.partition, partition.current_leader, response.node_endpoints);
    }
    // Empty rather than null: old clients know no null here.
    partition.records = protocol::Records::in_memory({});
    if (outcome.slice.ranges.empty()) continue;
    partition.records = protocol::Records::elsewhere(static_cast<uint32_t>(outcome.slice.bytes), static_cast<uint32_t>(files.size()));
    auto& ranges = files.emplace_back();
    for (auto& range : outcome.slice.ranges) {
      ranges.push_back({range.file, range.file->native_handle(), static_cast<int64_t>(range.position), range.length});
    }
  }
  auto keep = shared_from_this();
  patience_.cancel();
  call_->answer(response, std::move(files));
}

}  // namespace

void handle_fetch(Services& services, CallPtr call, Request request) {
  std::make_shared<Operation>(services, std::move(call), std::move(request))->begin();
}

}  // namespace baton
