#include "broker/protocol/messages/init_producer_id.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(InitProducerIdRequest);
BATON_INSTANTIATE_MESSAGE(InitProducerIdResponse);

}  // namespace baton::protocol
