// InitProducerId: an id and epoch for an idempotent producer (no transactional id) or a transactional one.
#pragma once

#include <optional>
#include <string>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kInitProducerId{.key = 22, .name = "InitProducerId", .oldest = 0, .newest = 4, .flexible = 2};

struct InitProducerIdRequest {
  static constexpr const Api& api = kInitProducerId;
  std::optional<std::string> transactional_id;
  int32_t transaction_timeout_ms = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;

  static constexpr auto fields = table(field("TransactionalId", &InitProducerIdRequest::transactional_id, {.nullable = 0}),
                                       field("TransactionTimeoutMs", &InitProducerIdRequest::transaction_timeout_ms),
                                       field("ProducerId", &InitProducerIdRequest::producer_id, {.since = 3}),
                                       field("ProducerEpoch", &InitProducerIdRequest::producer_epoch, {.since = 3}));
};

struct InitProducerIdResponse {
  static constexpr const Api& api = kInitProducerId;
  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  int64_t producer_id = -1;
  int16_t producer_epoch = 0;

  static constexpr auto fields =
      table(field("ThrottleTimeMs", &InitProducerIdResponse::throttle_time_ms, {.ignorable = true}),
            field("ErrorCode", &InitProducerIdResponse::error_code), field("ProducerId", &InitProducerIdResponse::producer_id),
            field("ProducerEpoch", &InitProducerIdResponse::producer_epoch));
};

}  // namespace baton::protocol
