#include "broker/protocol/messages/list_offsets.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(ListOffsetsRequest);
BATON_INSTANTIATE_MESSAGE(ListOffsetsResponse);

}  // namespace baton::protocol
