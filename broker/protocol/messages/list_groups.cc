#include "broker/protocol/messages/list_groups.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(ListGroupsRequest);
BATON_INSTANTIATE_MESSAGE(ListGroupsResponse);

}  // namespace baton::protocol
