#include "broker/protocol/messages/offset_for_leader_epoch.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(OffsetForLeaderEpochRequest);
BATON_INSTANTIATE_MESSAGE(OffsetForLeaderEpochResponse);

}  // namespace baton::protocol
