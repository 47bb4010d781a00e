#include "broker/protocol/messages/init_producer_id.h"

#include "broker/handlers/handlers.h"
#include "broker/handlers/producer_ids.h"

namespace baton {

// Transactions do not exist yet: whoever asks for one is told so for good, at once, instead of retrying.
void handle_init_producer_id(Services& services, CallPtr call, protocol::InitProducerIdRequest request) {
  protocol::InitProducerIdResponse response;
  if (request.transactional_id) {
    response.error_code = request.transactional_id->empty() ? ErrorCode::kInvalidRequest : ErrorCode::kTransactionalIdAuthorizationFailed;
    response.producer_epoch = -1;
    return call->answer(response);
  }
  auto& ids = services.producer_ids[static_cast<size_t>(call->home_shard())];
  ids.next(services, [call, response](Result<int64_t> id) mutable {
    if (id) {
      response.producer_id = *id;
    } else {
      response.error_code = id.error().code;
      response.producer_epoch = -1;
    }
    call->answer(response);
  });
}

}  // namespace baton
