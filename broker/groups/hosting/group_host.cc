#include "broker/groups/hosting/group_host.h"

#include "base/assert.h"
#include "base/logging.h"
#include "partitions/log/record_batch.h"

namespace baton::groups {
namespace {

constexpr size_t kReadBytes = 4 << 20;
// The high watermark reaches a new leader's start with the first round of its followers' fetches.
constexpr Duration kLoadRetry = std::chrono::milliseconds(5);
// That much of it is nothing to speak of; a group whose partition takes longer has somebody who looks for the reason.
constexpr Duration kSayAfter = std::chrono::seconds(1);
constexpr Duration kSayAgainAfter = std::chrono::seconds(10);

}  // namespace

GroupHost::GroupHost(Context context, TopicPartition partition)
    : context_(context),
      partition_(partition),
      coordinator_(context.config.groups, context.random),
      wake_(context.reactor),
      expiry_(context.reactor) {}

void GroupHost::start() {
  loading_since_ = context_.clock.now();
  say_again_at_ = loading_since_ + kSayAfter;
  find_range();
}

void GroupHost::stop() {
  stopped_ = true;
  wake_.cancel();
  expiry_.cancel();
  carry_out(coordinator_.resign());
  BATON_ASSERT(answers_.empty());
}

// ---- loading -------------------------------------------------------------------------------------------------------

void GroupHost::load_again_later(const Error& why) {
  const Instant now = context_.clock.now();
  if (now >= say_again_at_) {
    log::warn("the groups of __consumer_offsets-{} can not be loaded yet, at offset {} of {}: {} {}; trying on", partition_.index.value(),
              next_offset_, end_offset_, name_of(why.code), why.message);
    say_again_at_ = now + kSayAgainAfter;
  }
  wake_.start(kLoadRetry, [self = weak_from_this()] {
    if (const auto host = self.lock(); host && !host->stopped_) host->find_range();
  });
}

void GroupHost::find_range() {
  const auto range = context_.committed(partition_);
  if (!range) return load_again_later(range.error());
  end_offset_ = range->end;
  if (next_offset_ < range->start) {
    log::warn("__consumer_offsets-{} begins at {}, not {}: what was below is not there any more", partition_.index.value(), range->start,
              next_offset_);
    next_offset_ = range->start;
  }
  read_on();
}

void GroupHost::read_on() {
  if (next_offset_ >= end_offset_) return finish_loading();
  context_.partitions.read(partition_, next_offset_, kReadBytes, [self = weak_from_this()](Result<CommittedRecords> records) {
    const auto host = self.lock();
    if (!host || host->stopped_) return;
    if (!records) return host->load_again_later(records.error());
    host->take(*records);
  });
}

void GroupHost::take(const CommittedRecords& records) {
  BatchIterator batches(records.batches);
  while (const auto batch = batches.next()) {
    // An answer begins with the whole batch that holds the offset asked for.
    if (batch->header.next_offset() <= next_offset_) continue;
    next_offset_ = batch->header.next_offset();
    if (batch->header.control()) continue;
    const auto decoded = decode_records(*batch);
    if (!decoded) {
      log::error("__consumer_offsets-{} at {}: {}; what it held is not known", partition_.index.value(), batch->header.base_offset,
                 decoded.error().message);
      continue;
    }
    for (const auto& record : *decoded) {
      ++records_;
      const auto value = record.value ? std::optional<std::string_view>(*record.value) : std::nullopt;
      const Status replayed = coordinator_.replay(record.key.value_or(""), value);
      if (!replayed) log::warn("__consumer_offsets-{} at {}: {}", partition_.index.value(), record.offset, replayed.error().message);
    }
  }
  if (records.batches.empty()) {
    // Nothing where there should be something: the role is changing.
    return load_again_later({ErrorCode::kOffsetNotAvailable, "nothing there"});
  }
  // Between two reads the shard serves others.
  context_.reactor.post([self = weak_from_this()] {
    if (const auto host = self.lock(); host && !host->stopped_) host->read_on();
  });
}

void GroupHost::finish_loading() {
  coordinator_.loaded(now());
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(context_.clock.now() - loading_since_);
  if (records_ > 0)
    log::info("coordinates the groups of __consumer_offsets-{}: {} records in {} ms", partition_.index.value(), records_, took.count());
  forget_topics(std::exchange(gone_meanwhile_, {}));
  arm();
  expire_later();
}

void GroupHost::forget_topics(const std::vector<std::string>& topics) {
  if (!coordinator_.is_loaded()) {
    gone_meanwhile_.insert(gone_meanwhile_.end(), topics.begin(), topics.end());
    return;
  }
  for (const std::string& topic : topics) carry_out(coordinator_.forget_topic(topic, now()));
}

// ---- serving -------------------------------------------------------------------------------------------------------

Ticket GroupHost::expect(Answer answer) {
  answers_.emplace(++last_ticket_, std::move(answer));
  return last_ticket_;
}

void GroupHost::carry_out(Decisions decisions) {
  for (const Append& each : decisions.appends) append(each);
  for (Reply& reply : decisions.replies) {
    auto answer = answers_.extract(reply.ticket);
    BATON_ASSERT(!answer.empty());
    answer.mapped()(std::move(reply.body));
  }
  arm();
}

void GroupHost::append(const Append& append) {
  RecordBatchBuilder batch;
  const int64_t wall_ms = context_.clock.wall_ms();
  for (const Record& record : append.records) {
    const auto value = record.value ? std::optional<std::string_view>(*record.value) : std::nullopt;
    batch.add(wall_ms, record.key, value);
  }
  context_.partitions.append(partition_, batch.build(), context_.config.commit_timeout,
                             [self = weak_from_this(), token = append.token](Result<Appended> appended) {
                               const auto host = self.lock();
                               if (!host || host->stopped_) return;
                               const ErrorCode error = appended ? ErrorCode::kNone : appended.error().code;
                               host->carry_out(host->coordinator_.appended(token, error, host->now()));
                             });
}

void GroupHost::arm() {
  if (stopped_ || !coordinator_.is_loaded()) return;
  const Instant at = coordinator_.next_wake();
  if (at == Instant::never()) return wake_.cancel();
  const Duration after = std::max(at - context_.clock.now(), Duration(0));
  wake_.start(after, [self = weak_from_this()] {
    if (const auto host = self.lock(); host && !host->stopped_) host->carry_out(host->coordinator_.tick(host->now()));
  });
}

void GroupHost::expire_later() {
  expiry_.start(context_.config.expiry_interval, [self = weak_from_this()] {
    const auto host = self.lock();
    if (!host || host->stopped_) return;
    host->carry_out(host->coordinator_.expire_offsets(host->now()));
    host->expire_later();
  });
}

}  // namespace baton::groups
