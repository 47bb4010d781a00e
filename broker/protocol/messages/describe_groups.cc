#include "broker/protocol/messages/describe_groups.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(DescribeGroupsRequest);
BATON_INSTANTIATE_MESSAGE(DescribeGroupsResponse);

}  // namespace baton::protocol
