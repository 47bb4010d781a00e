#include "broker/protocol/messages/leave_group.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(LeaveGroupRequest);
BATON_INSTANTIATE_MESSAGE(LeaveGroupResponse);

}  // namespace baton::protocol
