#include "broker/protocol/messages/delete_groups.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(DeleteGroupsRequest);
BATON_INSTANTIATE_MESSAGE(DeleteGroupsResponse);

}  // namespace baton::protocol
