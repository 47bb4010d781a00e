#include "broker/protocol/messages/join_group.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(JoinGroupRequest);
BATON_INSTANTIATE_MESSAGE(JoinGroupResponse);

}  // namespace baton::protocol
