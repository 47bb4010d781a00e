#include "broker/protocol/messages/delete_topics.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(DeleteTopicsRequest);
BATON_INSTANTIATE_MESSAGE(DeleteTopicsResponse);

}  // namespace baton::protocol
