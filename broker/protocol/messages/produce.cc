#include "broker/protocol/messages/produce.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(ProduceRequest);
BATON_INSTANTIATE_MESSAGE(ProduceResponse);

}  // namespace baton::protocol
