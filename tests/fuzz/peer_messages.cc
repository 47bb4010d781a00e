#include "base/assert.h"
#include "controller/election/bully.h"
#include "controller/election/catalog.h"
#include "controller/election/election_log.h"
#include "controller/election/hirschberg_sinclair.h"
#include "controller/election/paxos.h"
#include "controller/election/raft.h"
#include "controller/election/ring.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {
namespace {

using namespace election;

constexpr int kVoters = 5;

// What decodes encodes to bytes that mean the same.
template <class Messages>
void decode_and_back(char algorithm, std::string_view bytes) {
  const auto message = decode<Messages>(algorithm, bytes);
  if (!message) return;
  const std::string plain = encode(algorithm, *message);
  const auto again = decode<Messages>(algorithm, plain);
  BATON_ASSERT(again.has_value());
  BATON_ASSERT(encode(algorithm, *again) == plain);
}

// Each of an algorithm's messages, empty.
template <class Messages, size_t... I>
void add_each(char algorithm, std::index_sequence<I...>, std::vector<std::string>& seeds) {
  (seeds.push_back(encode(algorithm, Messages(std::variant_alternative_t<I, Messages>{}))), ...);
}

template <class What>
void for_each_algorithm(What what) {
  what.template operator()<ranked::Message>(ranked::kAlgorithm);
  what.template operator()<bully::Message>(bully::kAlgorithm);
  what.template operator()<walk::Message>(walk::kAlgorithm);
  what.template operator()<ring::Message>(ring::kAlgorithm);
  what.template operator()<hirschberg_sinclair::Message>(hirschberg_sinclair::kAlgorithm);
  what.template operator()<raft::Message>(raft::kAlgorithm);
  what.template operator()<paxos::Message>(paxos::kAlgorithm);
}

std::vector<const ElectorKind*> peer_kinds() {
  std::vector<const ElectorKind*> kinds;
  for (const ElectorKind& kind : elector_kinds()) {
    if (kind.asks_peers) kinds.push_back(&kind);
  }
  return kinds;
}

// One of five that hears what nobody vouches for, and whose disk is prompt.
class Listener {
 public:
  Listener(const ElectorKind& kind, bool stands) {
    ElectorSetup setup;
    setup.self = BrokerId(1);
    setup.guid = "listener";
    for (int id = 1; id <= kVoters; ++id) setup.voters.push_back({BrokerId(id), 0});
    setup.random = &random_;
    elector_ = kind.make(setup);
    if (stands) give(StoreHappened{store::SessionChanged{store::SessionState::kConnected, 77, std::chrono::seconds(60)}});
  }

  void give(const ElectorEvent& event) {
    log_.told(now_, event);
    for (const ElectorDecision& decision : elector_->step(now_, event)) {
      log_.decided(now_, decision);
      if (const auto* persist = std::get_if<Persist>(&decision)) durable_ = persist->number;
    }
    if (const uint64_t number = std::exchange(durable_, 0)) give(Persisted{number});
  }

  // An elector that wants to be woken for ever at one instant would never let its process do anything else.
  void run_for(Duration time) {
    const Instant end = now_ + time;
    int at_once = 0;
    while (elector_->wake_at() <= end) {
      at_once = elector_->wake_at() > now_ ? 0 : at_once + 1;
      BATON_ASSERT(at_once < 1000);
      now_ = std::max(now_, elector_->wake_at());
      give(Woken{});
    }
    now_ = end;
  }

 private:
  SeededRandom random_{1};
  std::unique_ptr<Elector> elector_;
  ElectionLog log_;
  Instant now_{1'000'000'000};
  uint64_t durable_ = 0;
};

}  // namespace

void peer_messages(std::string_view input) {
  static const std::vector<const ElectorKind*> kKinds = peer_kinds();
  if (input.empty()) return;
  const auto which = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  Listener listener(*kKinds[which / 2 % kKinds.size()], which % 2 == 0);
  while (input.size() >= 2) {
    const BrokerId from(static_cast<unsigned char>(input[0]) % (kVoters + 2));  // nobody's id, too
    const size_t size = std::min<size_t>(static_cast<unsigned char>(input[1]), input.size() - 2);
    // A copy of exactly these bytes, so that a sanitizer sees every step beyond them.
    const std::vector<char> exact(input.begin() + 2, input.begin() + 2 + static_cast<std::ptrdiff_t>(size));
    const std::string_view bytes(exact.data(), exact.size());
    for_each_algorithm([bytes]<class Messages>(char algorithm) { decode_and_back<Messages>(algorithm, bytes); });
    listener.give(Received{from, std::string(bytes)});
    listener.run_for(std::chrono::milliseconds(20));
    input.remove_prefix(2 + size);
  }
  listener.run_for(std::chrono::seconds(1));
}

std::vector<std::string> peer_message_seeds() {
  std::vector<std::string> messages;
  for_each_algorithm([&messages]<class Messages>(char algorithm) {
    add_each<Messages>(algorithm, std::make_index_sequence<std::variant_size_v<Messages>>(), messages);
  });
  for (size_t i = 0, plain = messages.size(); i < plain; ++i) messages.push_back(walk::wrap(7, messages[i]));
  std::vector<std::string> seeds;
  for (size_t which = 0; which < 2 * peer_kinds().size(); ++which) {
    std::string all(1, static_cast<char>(which));
    for (const std::string& message : messages) all += std::string{'\2', static_cast<char>(message.size())} + message;
    seeds.push_back(std::move(all));
  }
  return seeds;
}

}  // namespace baton::fuzz
