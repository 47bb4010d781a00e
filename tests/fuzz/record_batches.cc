#include "base/assert.h"
#include "partitions/log/record_batch.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {
namespace {

void check(std::string_view bytes) {
  (void)batch_size(bytes);
  const auto batch = check_batch(bytes);
  if (batch) {
    BATON_ASSERT(batch->bytes.data() == bytes.data() && batch->bytes.size() <= bytes.size());
    BATON_ASSERT(batch->bytes.size() == batch->header.size());
    BATON_ASSERT(batch->header.last_offset() >= batch->header.base_offset);
    const auto records = decode_records(*batch);
    if (records) BATON_ASSERT(records->size() == static_cast<size_t>(batch->header.records_count));
  }
  size_t walked = 0;
  BatchIterator batches(bytes);
  while (const auto next = batches.next()) {
    walked += next->bytes.size();
    RecordIterator records(*next);
    while (records.next()) {
    }
  }
  BATON_ASSERT(walked + batches.rest().size() == bytes.size());
}

}  // namespace

void record_batches(std::string_view input) {
  std::vector<char> exact(input.begin(), input.end());
  check({exact.data(), exact.size()});
  if (exact.size() < kBatchHeaderBytes) return;
  constexpr size_t kLengthAt = 8;
  constexpr size_t kMagicAt = 16;
  constexpr size_t kCrcAt = 17;
  store_be(exact.data() + kLengthAt, static_cast<int32_t>(exact.size() - kBatchOverheadBytes));
  exact[kMagicAt] = kCurrentMagic;
  store_be(exact.data() + kCrcAt, batch_crc({exact.data(), exact.size()}));
  check({exact.data(), exact.size()});
}

}  // namespace baton::fuzz
