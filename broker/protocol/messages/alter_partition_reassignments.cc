#include "broker/protocol/messages/alter_partition_reassignments.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(AlterPartitionReassignmentsRequest);
BATON_INSTANTIATE_MESSAGE(AlterPartitionReassignmentsResponse);

}  // namespace baton::protocol
