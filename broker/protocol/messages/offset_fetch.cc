#include "broker/protocol/messages/offset_fetch.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(OffsetFetchRequest);
BATON_INSTANTIATE_MESSAGE(OffsetFetchResponse);

}  // namespace baton::protocol
