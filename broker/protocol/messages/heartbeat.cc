#include "broker/protocol/messages/heartbeat.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(HeartbeatRequest);
BATON_INSTANTIATE_MESSAGE(HeartbeatResponse);

}  // namespace baton::protocol
