#include "broker/protocol/messages/create_topics.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(CreateTopicsRequest);
BATON_INSTANTIATE_MESSAGE(CreateTopicsResponse);

}  // namespace baton::protocol
