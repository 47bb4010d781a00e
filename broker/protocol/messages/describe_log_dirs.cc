#include "broker/protocol/messages/describe_log_dirs.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(DescribeLogDirsRequest);
BATON_INSTANTIATE_MESSAGE(DescribeLogDirsResponse);

}  // namespace baton::protocol
