// Properties of every message in every version that we serve.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/random.h"
#include "broker/protocol/all_messages.h"
#include "broker/protocol/frame.h"
#include "tests/broker/protocol/random_message.h"

namespace {
// The largest allocation since it was last set to 0: a lying count must not become memory.
size_t largest_allocation = 0;
}  // namespace

void* operator new(size_t bytes) {
  largest_allocation = std::max(largest_allocation, bytes);
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace baton::protocol {
namespace {

template <class Message>
std::string encoded(const Message& message, int16_t version) {
  Encoder out(version, Message::api.is_flexible(version));
  const Status status = encode_body(out, message);
  EXPECT_TRUE(status.has_value()) << status.error().message;
  return out.out().take();
}

template <class Message>
Result<Message> decoded(std::string_view bytes, int16_t version) {
  Reader in(bytes);
  return decode_body<Message>(in, version);
}

// Calls check.operator()<Message>(version) for each request and each response.
template <class Check>
void for_each_message_and_version(Check check) {
  for_each_api([&](auto messages) {
    using M = decltype(messages);
    for (int16_t version = M::api.oldest; version <= M::api.newest; ++version) {
      SCOPED_TRACE(std::string(M::api.name) + " version " + std::to_string(version));
      check.template operator()<typename M::Request>(version);
      check.template operator()<typename M::Response>(version);
    }
  });
}

TEST(RoundTrip, EveryMessageSurvivesEveryVersion) {
  SeededRandom random(1);
  for_each_message_and_version([&]<class Message>(int16_t version) {
    for (int i = 0; i < 50; ++i) {
      Message message;
      testing::fill(random, message, version);
      const std::string bytes = encoded(message, version);
      const auto back = decoded<Message>(bytes, version);
      ASSERT_TRUE(back.has_value()) << back.error().message;
      ASSERT_TRUE(*back == message) << print(message, version) << "\n became " << print(*back, version);
      ASSERT_EQ(encoded(*back, version), bytes);
    }
  });
}

TEST(RoundTrip, AnUntouchedMessageFitsEveryVersion) {
  for_each_message_and_version([]<class Message>(int16_t version) {
    const auto back = decoded<Message>(encoded(Message{}, version), version);
    ASSERT_TRUE(back.has_value()) << back.error().message;
    ASSERT_TRUE(*back == Message{});
  });
}

TEST(RoundTrip, ATruncatedMessageIsRefusedAtEveryLength) {
  SeededRandom random(2);
  for_each_message_and_version([&]<class Message>(int16_t version) {
    Message message;
    testing::fill(random, message, version);
    const std::string bytes = encoded(message, version);
    for (size_t length = 0; length < bytes.size(); ++length) {
      const auto back = decoded<Message>(std::string_view(bytes).substr(0, length), version);
      ASSERT_FALSE(back.has_value()) << length << " of " << bytes.size() << " bytes";
      ASSERT_EQ(back.error().code, ErrorCode::kInvalidRequest);
    }
    ASSERT_FALSE(decoded<Message>(bytes + '\0', version).has_value()) << "a byte too many";
  });
}

TEST(RoundTrip, ACountThatLiesAllocatesNothingLarge) {
  SeededRandom random(3);
  for_each_message_and_version([&]<class Message>(int16_t version) {
    Message message;
    testing::fill(random, message, version);
    const std::string bytes = encoded(message, version);
    for (const std::string_view lie : {std::string_view("\x7f\xff\xff\xff", 4), std::string_view("\xff\xff\xff\xff\x0f", 5),
                                       std::string_view("\x80\x80\x80\x80\x08", 5), std::string_view("\x00\x0f\x42\x40", 4)}) {
      for (size_t at = 0; at + lie.size() <= bytes.size(); ++at) {
        std::string mutated = bytes;
        mutated.replace(at, lie.size(), lie);
        largest_allocation = 0;
        const auto back = decoded<Message>(mutated, version);
        ASSERT_LE(largest_allocation, 128 * (mutated.size() + 64)) << "at " << at << " of " << bytes.size();
      }
    }
  });
}

TEST(RoundTrip, AVersionThatIsNotServedIsRefusedBothWays) {
  for_each_api([](auto messages) {
    using M = decltype(messages);
    for (const int version : {M::api.oldest - 1, M::api.newest + 1}) {
      const auto refused = static_cast<int16_t>(version);
      Encoder out(refused, M::api.is_flexible(refused));
      const Status status = encode_body(out, typename M::Request{});
      ASSERT_FALSE(status.has_value());
      EXPECT_EQ(status.error().code, ErrorCode::kUnsupportedVersion);
      const auto back = decoded<typename M::Response>("", refused);
      ASSERT_FALSE(back.has_value());
      EXPECT_EQ(back.error().code, ErrorCode::kUnsupportedVersion);
    }
  });
}

}  // namespace
}  // namespace baton::protocol
