#include "broker/protocol/messages/describe_configs.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(DescribeConfigsRequest);
BATON_INSTANTIATE_MESSAGE(DescribeConfigsResponse);

}  // namespace baton::protocol
