#include "broker/shards/replica_fetcher.h"

#include <algorithm>

#include "base/logging.h"
#include "broker/protocol/frame.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/shards/shard.h"

namespace baton {
namespace {

constexpr int16_t kFetchVersion = 16;
constexpr Duration kBackoffMin = std::chrono::milliseconds(2);
// A partition whose leader answered with an error is asked for again after this: the image will have changed by then, or not.
constexpr Duration kRest = std::chrono::milliseconds(20);
constexpr Duration kConnectTimeout = std::chrono::seconds(2);
// A quota that is raised or taken away is seen so late at worst.
constexpr Duration kHeldBackMax = std::chrono::milliseconds(100);

}  // namespace

ReplicaFetcher::ReplicaFetcher(Shard& shard, BrokerId leader)
    : shard_(shard), leader_(leader), retry_(shard.reactor()), answer_(shard.reactor()), backoff_(kBackoffMin) {}
ReplicaFetcher::~ReplicaFetcher() {
  disconnect();
}

void ReplicaFetcher::follow(Followed followed) {
  if (followed == followed_) return;
  followed_ = std::move(followed);
  resting_.clear();
  backoff_ = kBackoffMin;
  retry_.cancel();
  if (followed_.empty()) return disconnect();
  // What is in flight asks for the former set; its answer may be long in coming.
  if (waiting_ || !client_) {
    disconnect();
    connect();
  } else if (client_->connected()) {
    fetch();
  }
}

void ReplicaFetcher::connect() {
  auto* address = shard_.image()->endpoint(leader_, shard_.context().config.inter_broker_listener);
  if (address == nullptr) return retry_later();
  network::ClientOptions options;
  options.connect_timeout = kConnectTimeout;
  network::Client::Callbacks callbacks;
  auto weak = weak_from_this();
  callbacks.on_connected = [weak] {
    if (auto self = weak.lock()) self->on_connected();
  };
  callbacks.on_frame = [weak](network::Frame frame) {
    if (auto self = weak.lock()) self->on_frame(std::move(frame));
  };
  callbacks.on_closed = [weak](const std::string& reason) {
    if (auto self = weak.lock()) self->on_closed(reason);
  };
  client_ = std::make_shared<network::Client>(shard_.reactor(), options, std::move(callbacks));
  client_->start(*address);
}

void ReplicaFetcher::disconnect() {
  if (client_) client_->close();
  client_.reset();
  connected_to_ = BrokerEpoch();
  answer_.cancel();
  waiting_ = false;
  asked_.clear();
}

void ReplicaFetcher::retry_later() {
  auto longest = std::chrono::milliseconds(shard_.context().config.settings.integer("replica.fetch.backoff.ms"));
  retry_.start(backoff_, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->followed_.empty()) return;
    if (!self->client_) {
      self->connect();
    } else if (self->client_->connected() && !self->waiting_) {
      self->fetch();
    }
  });
  backoff_ = std::min<Duration>(backoff_ * 2, longest);
}

void ReplicaFetcher::on_connected() {
  if (auto* broker = shard_.image()->broker(leader_)) connected_to_ = broker->epoch;
  shard_.context().lost_peers->found(leader_);
  fetch();
}

void ReplicaFetcher::on_closed(const std::string& reason) {
  log::debug("fetching from broker {}: {}", leader_.value(), reason);
  if (connected_to_ != BrokerEpoch()) shard_.context().lost_peers->lost(leader_, connected_to_, shard_.context().clock.now());
  disconnect();
  if (!followed_.empty()) retry_later();
}

// An answer has its size, and the leader fills it in the order of the question: where many lag behind, those that got nothing
// come first the next time. Else the last ones would wait, and acks=all with them, until all others had caught up.
std::vector<TopicPartition> ReplicaFetcher::in_turn() const {
  std::vector<TopicPartition> order;
  order.reserve(followed_.size());
  const auto first = followed_.upper_bound(last_filled_);
  for (auto at = first; at != followed_.end(); ++at) order.push_back(at->first);
  for (auto at = followed_.begin(); at != first; ++at) order.push_back(at->first);
  return order;
}

// A member of the ISR is never held back: acks=all waits for it.
bool ReplicaFetcher::throttled(const HostedPartition& hosted) const {
  auto& context = shard_.context();
  return hosted.throttled_as_follower && context.quotas->follower.limited() && !hosted.in_isr(context.config.id);
}

// What one of those that are held back may ask for: all of them alike, so that none waits for the others.
int64_t ReplicaFetcher::throttled_share(Instant now) const {
  const ReplicationQuota& quota = shard_.context().quotas->follower;
  if (!quota.limited()) return INT64_MAX;
  const auto sharers = std::count_if(followed_.begin(), followed_.end(), [this](auto& each) {
    auto* hosted = shard_.find(each.first);
    return hosted != nullptr && throttled(*hosted);
  });
  const int64_t left = quota.left(now);
  return left == 0 ? 0 : std::max<int64_t>(1, left / std::max<int64_t>(1, sharers));
}

// For how long the others' Fetch may stay with the leader meanwhile.
int32_t ReplicaFetcher::held_back_for_ms(Instant now) const {
  const Duration wait = std::clamp<Duration>(shard_.context().quotas->follower.wait(now), kBackoffMin, kHeldBackMax);
  return static_cast<int32_t>(wait / std::chrono::milliseconds(1));
}

void ReplicaFetcher::fetch() {
  auto& settings = shard_.context().config.settings;
  protocol::FetchRequest request;
  request.replica_state = {shard_.context().config.id, shard_.broker_epoch()};
  request.max_wait_ms = settings.int32("replica.fetch.wait.max.ms");
  request.min_bytes = settings.int32("replica.fetch.min.bytes");
  request.max_bytes = settings.int32("replica.fetch.response.max.bytes");
  Instant now = shard_.context().clock.now();
  std::erase_if(resting_, [&](auto& each) { return each.second <= now; });
  // Some rest: come back for them when they have.
  if (!resting_.empty())
    request.max_wait_ms = std::min<int32_t>(request.max_wait_ms, static_cast<int32_t>(kRest / std::chrono::milliseconds(1)));
  asked_.clear();
  const int64_t throttled_max = throttled_share(now);
  bool held_back = false;
  for (const TopicPartition& partition : in_turn()) {
    auto* hosted = shard_.find(partition);
    if (hosted == nullptr || resting_.contains(partition)) continue;
    auto position = hosted->replica.next_fetch();
    if (!position || position->leader != leader_) continue;
    int64_t max_bytes = settings.integer("replica.fetch.max.bytes");
    if (throttled(*hosted)) {
      max_bytes = std::min(max_bytes, throttled_max);
      held_back |= max_bytes == 0;
      if (max_bytes == 0) continue;
    }
    asked_[partition] = *position;
    if (request.topics.empty() || request.topics.back().topic_id != partition.topic) {
      request.topics.emplace_back().topic_id = partition.topic;
    }
    auto& added = request.topics.back().partitions.emplace_back();
    added.partition = partition.index;
    added.current_leader_epoch = position->current_leader_epoch;
    added.fetch_offset = position->offset;
    added.last_fetched_epoch = position->last_fetched_epoch;
    added.log_start_offset = position->log_start_offset;
    added.partition_max_bytes = static_cast<int32_t>(max_bytes);
  }
  const int32_t patience_ms = held_back ? held_back_for_ms(now) : INT32_MAX;
  request.max_wait_ms = std::min(request.max_wait_ms, patience_ms);
  if (asked_.empty()) {
    backoff_ = held_back ? std::chrono::milliseconds(patience_ms) : kRest;
    return retry_later();
  }
  auto encoded = protocol::encode_request(kFetchVersion, ++correlation_, "baton-replica", request);
  BATON_ASSERT(encoded.has_value());
  network::Message message(std::move(encoded->bytes));
  message.sized = true;
  waiting_ = true;
  client_->send(std::move(message));
  // A leader that hangs with its connections open is left, so that nothing waits for the kernel to notice.
  answer_.start(std::chrono::milliseconds(settings.integer("replica.socket.timeout.ms")), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->on_closed("no answer within replica.socket.timeout.ms");
  });
}

void ReplicaFetcher::on_frame(network::Frame frame) {
  waiting_ = false;
  answer_.cancel();
  backoff_ = kBackoffMin;
  if (!take(std::move(frame))) return on_closed("an answer that makes no sense");
  // Taking it may have changed what is followed, and with it the connection.
  if (client_ && client_->connected() && !waiting_) fetch();
}

bool ReplicaFetcher::take(network::Frame frame) {
  Reader in(frame.view());
  auto correlation = protocol::decode_response_header<protocol::FetchResponse>(in, kFetchVersion);
  if (!correlation || *correlation != correlation_) return false;
  auto response = protocol::decode_body<protocol::FetchResponse>(in, kFetchVersion);
  if (!response) return false;
  auto asked = std::move(asked_);
  asked_.clear();
  if (response->error_code != ErrorCode::kNone) {
    for (auto& [partition, position] : asked) resting_[partition] = shard_.context().clock.now() + kRest;
    return true;
  }
  for (auto& topic : response->responses) {
    for (auto& answered : topic.partitions) {
      TopicPartition partition{topic.topic_id, answered.partition_index};
      auto sent = asked.find(partition);
      if (sent == asked.end()) continue;
      FetchedData data;
      data.error = answered.error_code;
      if (answered.diverging_epoch.end_offset >= 0)
        data.diverging = EpochEnd{answered.diverging_epoch.epoch, answered.diverging_epoch.end_offset};
      data.high_watermark = answered.high_watermark;
      data.log_start_offset = answered.log_start_offset;
      data.records = answered.records.bytes;
      if (!data.records.empty()) last_filled_ = partition;
      take_partition(partition, sent->second, data);
    }
  }
  return true;
}

void ReplicaFetcher::take_partition(const TopicPartition& partition, const FetchPosition& sent, const FetchedData& data) {
  auto* hosted = shard_.find(partition);
  if (hosted == nullptr) return;
  if (throttled(*hosted)) {
    shard_.context().quotas->follower.spend(static_cast<int64_t>(data.records.size()), shard_.context().clock.now());
  }
  const Instant begun = shard_.context().clock.now();
  auto outcome = hosted->replica.on_fetched(sent, data, shard_.context().clock.wall_ms());
  if (outcome.batches > 0) shard_.load().appended(shard_.context().clock.now() - begun);
  if (hosted->replica.has_log()) hosted->lag = std::max<int64_t>(0, data.high_watermark - hosted->replica.log().end_offset());
  if (outcome.kind == FollowOutcome::Kind::kBackOff) {
    resting_[partition] = shard_.context().clock.now() + kRest;
    log::debug("{}-{} from broker {}: {} {}", hosted->topic, partition.index.value(), leader_.value(), name_of(outcome.error),
               outcome.message);
  } else if (outcome.kind == FollowOutcome::Kind::kTruncated || outcome.kind == FollowOutcome::Kind::kRestarted) {
    log::info("{}-{} follows broker {}: truncated to {}", hosted->topic, partition.index.value(), leader_.value(),
              hosted->replica.log().end_offset());
  }
  shard_.after_change(*hosted);
}

void FetcherSet::refresh() {
  std::map<BrokerId, ReplicaFetcher::Followed> wanted;
  for (auto& [partition, hosted] : shard_.hosted()) {
    auto position = hosted->replica.next_fetch();
    if (position) wanted[position->leader][partition] = position->current_leader_epoch;
  }
  for (auto& [leader, fetcher] : fetchers_) {
    if (!wanted.contains(leader)) wanted[leader];
  }
  for (auto& [leader, followed] : wanted) {
    auto& fetcher = fetchers_[leader];
    if (!fetcher) fetcher = std::make_shared<ReplicaFetcher>(shard_, leader);
    fetcher->follow(std::move(followed));
  }
}

}  // namespace baton
