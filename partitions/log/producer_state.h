// What a log remembers of idempotent producers: the last five batches of each producer id, so that a retry is answered with
// the offsets of the first time, and a hole in a producer's sequence is refused.
//
// Leaders and followers alike keep it as they append, so that a retry after a failover is known. Snapshots bear the offset
// that they describe ("everything below"); the rest is replayed from batch headers.
// Source of the rules: Kafka's idempotent producer (KIP-98) and KIP-360. Used by the log's thread alone.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "partitions/log/record_batch.h"

namespace baton {

class ProducerState {
 public:
  // A client keeps at most five requests in flight (max.in.flight.requests.per.connection of an idempotent producer).
  static constexpr size_t kBatchesRemembered = 5;

  struct Batch {
    int32_t first_sequence = kNoSequence;
    int32_t last_sequence = kNoSequence;
    int64_t base_offset = -1;
    int64_t last_offset = -1;
    int64_t max_timestamp = kNoTimestamp;
  };

  // May the leader append this batch? The earlier batch if it is a duplicate; none if it is new.
  // Errors: INVALID_PRODUCER_EPOCH for an epoch older than the last seen, OUT_OF_ORDER_SEQUENCE_NUMBER for a hole, or for a
  // retry so old that it is forgotten. A producer id that is not known begins with any sequence: retention or expiry may have
  // forgotten it (KIP-360).
  Result<std::optional<Batch>> check(const BatchHeader& header) const;
  // Notes a batch that was appended; its offsets are final. Batches without a producer id are ignored.
  void update(const BatchHeader& header, int64_t now_ms);

  // Forgets producers whose last batch came before `before_ms`.
  void expire(int64_t before_ms);
  void clear() { producers_.clear(); }
  size_t size() const { return producers_.size(); }

  std::string snapshot() const;
  // False if the bytes are not a whole, unharmed snapshot: the state is then empty.
  bool restore(std::string_view bytes);

 private:
  struct Producer {
    int16_t epoch = kNoProducerEpoch;
    int64_t last_seen_ms = 0;
    uint8_t count = 0;
    std::array<Batch, kBatchesRemembered> batches;  // oldest first
    const Batch& last() const { return batches[count - size_t{1}]; }
  };
  std::map<int64_t, Producer> producers_;
};

}  // namespace baton
