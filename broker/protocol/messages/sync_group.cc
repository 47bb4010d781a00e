#include "broker/protocol/messages/sync_group.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(SyncGroupRequest);
BATON_INSTANTIATE_MESSAGE(SyncGroupResponse);

}  // namespace baton::protocol
