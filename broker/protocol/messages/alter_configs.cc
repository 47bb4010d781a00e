#include "broker/protocol/messages/alter_configs.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(AlterConfigsRequest);
BATON_INSTANTIATE_MESSAGE(AlterConfigsResponse);

}  // namespace baton::protocol
