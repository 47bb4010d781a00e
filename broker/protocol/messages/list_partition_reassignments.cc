#include "broker/protocol/messages/list_partition_reassignments.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(ListPartitionReassignmentsRequest);
BATON_INSTANTIATE_MESSAGE(ListPartitionReassignmentsResponse);

}  // namespace baton::protocol
