// The fuzzers' entries in a plain build: their seeds, and some hundred thousand mutations of them from a fixed seed.
#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {
namespace {

std::string mutated(Random& random, std::string input) {
  for (uint64_t times = 1 + random.below(3); times > 0 && !input.empty(); --times) {
    const size_t at = random.below(input.size());
    switch (random.below(6)) {
      case 0:
        input[at] = static_cast<char>(random.next());
        break;
      case 1:
        input[at] = static_cast<char>(input[at] ^ (1 << random.below(8)));
        break;
      case 2:
        input[at] = random.chance(0.5) ? '\xff' : '\x7f';
        break;
      case 3:
        input.resize(at);
        break;
      case 4:
        input.insert(at, input.substr(random.below(input.size()), random.below(16)));
        break;
      default:
        input.erase(at, random.below(8));
        break;
    }
  }
  return input;
}

void drive(const std::vector<std::string>& seeds, const std::function<void(std::string_view)>& entry) {
  SeededRandom random(20);
  ASSERT_FALSE(seeds.empty());
  for (const std::string& seed : seeds) {
    entry(seed);
    for (int i = 0; i < 150; ++i) entry(mutated(random, seed));
  }
  for (int i = 0; i < 2000; ++i) {
    std::string noise(random.below(100), '\0');
    for (char& c : noise) c = static_cast<char>(random.next());
    entry(noise);
  }
}

TEST(Mutations, OfFramesBreakNoPromise) {
  drive(frame_seeds(), frame);
}
TEST(Mutations, OfRecordBatchesBreakNoPromise) {
  drive(record_batch_seeds(), record_batches);
}
TEST(Mutations, OfGroupRecordsBreakNoPromise) {
  drive(group_record_seeds(), group_records);
}

TEST(Mutations, OfLeadRecordsBreakNoPromise) {
  drive(lead_record_seeds(), lead_records);
}
TEST(Mutations, OfPeerMessagesBreakNoPromise) {
  drive(peer_message_seeds(), peer_messages);
}

}  // namespace
}  // namespace baton::fuzz
