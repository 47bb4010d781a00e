#include "broker/protocol/messages/elect_leaders.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(ElectLeadersRequest);
BATON_INSTANTIATE_MESSAGE(ElectLeadersResponse);

}  // namespace baton::protocol
