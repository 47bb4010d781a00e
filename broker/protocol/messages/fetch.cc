#include "broker/protocol/messages/fetch.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(FetchRequest);
BATON_INSTANTIATE_MESSAGE(FetchResponse);

}  // namespace baton::protocol
