#include "broker/protocol/messages/find_coordinator.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(FindCoordinatorRequest);
BATON_INSTANTIATE_MESSAGE(FindCoordinatorResponse);

}  // namespace baton::protocol
