#include "broker/protocol/messages/create_partitions.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(CreatePartitionsRequest);
BATON_INSTANTIATE_MESSAGE(CreatePartitionsResponse);

}  // namespace baton::protocol
