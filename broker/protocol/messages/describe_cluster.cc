#include "broker/protocol/messages/describe_cluster.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(DescribeClusterRequest);
BATON_INSTANTIATE_MESSAGE(DescribeClusterResponse);

}  // namespace baton::protocol
