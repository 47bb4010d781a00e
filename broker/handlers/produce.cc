// Produce: each partition's records go to its shard, which stamps and writes them where they were received; the answer
// leaves when the last partition has answered. No lock: every partition fills a slot of its own.
#include "broker/protocol/messages/produce.h"

#include <algorithm>
#include <atomic>

#include "broker/handlers/handlers.h"
#include "broker/handlers/leader_hints.h"
#include "broker/metadata/internal_topics.h"
#include "broker/metadata/manager_link.h"
#include "broker/shards/shard_set.h"
#include "partitions/log/record_batch.h"

namespace baton {
namespace {

using Request = protocol::ProduceRequest;
using Response = protocol::ProduceResponse;

// Versions before know no zstd: their client would not be able to read what it wrote.
constexpr int16_t kZstdVersion = 7;
constexpr size_t kMagicAt = 16;

struct Slot {
  TopicPartition partition;
  std::span<char> batches;
  size_t topic = 0;
  size_t index = 0;
  ProduceOutcome outcome;
};

struct Operation {
  Operation(Services& of, CallPtr who, Request what) : services(of), call(std::move(who)), request(std::move(what)) {}
  Services& services;
  CallPtr call;
  Request request;
  std::vector<Slot> slots;
  std::atomic<size_t> open{0};
};
using OperationPtr = std::shared_ptr<Operation>;

ErrorCode refusal_of(const Request& request) {
  if (request.acks < -1 || request.acks > 1) return ErrorCode::kInvalidRequiredAcks;
  if (request.transactional_id) return ErrorCode::kTransactionalIdAuthorizationFailed;
  return ErrorCode::kNone;
}

// Kafka's rule for what one partition gets in one request: exactly one batch, of format 2. Whether that batch is sound is for
// the log to say.
Status check_records(const protocol::Records& records, int16_t version) {
  std::string_view bytes = records.bytes;
  if (records.null || bytes.empty()) return fail(ErrorCode::kInvalidRecord, "no record batch");
  if (bytes.size() > kMagicAt && (bytes[kMagicAt] == 0 || bytes[kMagicAt] == 1)) {
    return fail(ErrorCode::kInvalidRecord, "record batches of the formats 0 and 1 are not taken: use a client of this decade");
  }
  auto size = batch_size(bytes);
  if (!size) return tl::unexpected(size.error());
  if (!*size || **size > bytes.size()) return fail(ErrorCode::kInvalidRecord, "the record batch is cut short");
  if (**size < bytes.size()) return fail(ErrorCode::kInvalidRecord, "more than one record batch for a partition");
  if (version < kZstdVersion && BatchHeader::decode(bytes).codec() == static_cast<int8_t>(Compression::kZstd)) {
    return fail(ErrorCode::kUnsupportedCompressionType, "zstd needs Produce version 7 or later");
  }
  return {};
}

// What is wrong with one partition's part, as far as that can be told before its shard is asked.
Status check_partition(const TopicImage* topic, const std::string& name, const Request::Partition& partition, int16_t version) {
  if (topic == nullptr || topic->partition(partition.index) == nullptr) {
    return fail(ErrorCode::kUnknownTopicOrPartition, "there is no such partition");
  }
  if (is_internal_topic(name)) return fail(ErrorCode::kInvalidTopicException, "clients may not write to " + name);
  return check_records(partition.records, version);
}

void fill(Response::Partition& partition, const Slot& slot) {
  auto& outcome = slot.outcome;
  partition.error_code = outcome.error;
  partition.base_offset = outcome.base_offset;
  partition.log_append_time_ms = outcome.append_time_ms;
  partition.log_start_offset = outcome.log_start_offset;
  if (outcome.error != ErrorCode::kNone && !outcome.message.empty()) partition.error_message = outcome.message;
}

// On the home reactor.
void finish(Operation& operation) {
  auto& request = operation.request;
  if (request.acks == 0) {
    auto failed =
        std::find_if(operation.slots.begin(), operation.slots.end(), [](auto& slot) { return slot.outcome.error != ErrorCode::kNone; });
    if (failed == operation.slots.end()) return operation.call->answer_nothing();
    // Without a response the closed connection is the only way to tell (as Kafka).
    return operation.call->close("");
  }
  Response response;
  for (auto& topic : request.topic_data) {
    auto& out = response.responses.emplace_back();
    out.name = topic.name;
    out.partition_responses.resize(topic.partition_data.size());
    for (size_t i = 0; i < topic.partition_data.size(); ++i) out.partition_responses[i].index = topic.partition_data[i].index;
  }
  bool needs_lease = false;
  bool of_this_life = true;
  auto& shard = operation.services.shards.here();
  auto image = operation.services.image();
  for (auto& slot : operation.slots) {
    auto& partition = response.responses[slot.topic].partition_responses[slot.index];
    fill(partition, slot);
    needs_lease = needs_lease || slot.outcome.needs_lease;
    of_this_life = of_this_life && (!slot.outcome.needs_lease || slot.outcome.life == shard.life());
    if (deserves_hint(slot.outcome.error)) {
      add_hint(*image, operation.call->listener(), slot.partition, partition.current_leader, response.node_endpoints);
    }
  }
  Function<bool()> still_allowed;
  if (needs_lease) {
    still_allowed = [&services = operation.services, &shard, of_this_life, life = shard.life()] {
      return of_this_life && life == shard.life() && services.clock.now() < services.manager.lease_deadline();
    };
  }
  operation.call->answer(response, std::move(still_allowed));
}

void settle(const OperationPtr& operation) {
  if (--operation->open > 0) return;
  operation->services.shards.run_on(operation->call->home_shard(), [operation] { finish(*operation); });
}

void lay_out_slots(Operation& operation) {
  auto image = operation.services.image();
  ErrorCode refusal = refusal_of(operation.request);
  auto& frame = operation.call->frame();
  for (size_t t = 0; t < operation.request.topic_data.size(); ++t) {
    auto& topic = operation.request.topic_data[t];
    auto* known = image->topic(topic.name);
    for (size_t i = 0; i < topic.partition_data.size(); ++i) {
      auto& partition = topic.partition_data[i];
      Slot slot;
      slot.topic = t;
      slot.index = i;
      slot.partition.index = partition.index;
      slot.outcome.error = refusal;
      if (refusal == ErrorCode::kNone) {
        if (auto fine = check_partition(known, topic.name, partition, operation.call->version()); !fine) {
          slot.outcome.error = fine.error().code;
          slot.outcome.message = fine.error().message;
        }
      }
      if (known != nullptr) slot.partition.topic = known->id;
      if (slot.outcome.error == ErrorCode::kNone) slot.batches = protocol::writable(partition.records, {frame.data(), frame.size});
      operation.slots.push_back(slot);
    }
  }
}

}  // namespace

void handle_produce(Services& services, CallPtr call, Request request) {
  auto operation = std::make_shared<Operation>(services, std::move(call), std::move(request));
  lay_out_slots(*operation);
  // One more than there are slots: the operation can not end before all of it has been handed out.
  operation->open = operation->slots.size() + 1;
  Duration timeout = std::chrono::milliseconds(std::max(operation->request.timeout_ms, 0));
  for (auto& slot : operation->slots) {
    if (slot.outcome.error != ErrorCode::kNone) {
      settle(operation);
      continue;
    }
    auto& shard = services.shards.owner(slot.partition);
    shard.reactor().dispatch([operation, &slot, &shard, timeout] {
      shard.produce(slot.partition, slot.batches, operation->request.acks, timeout, [operation, &slot](ProduceOutcome outcome) {
        slot.outcome = std::move(outcome);
        settle(operation);
      });
    });
  }
  settle(operation);
}

}  // namespace baton
