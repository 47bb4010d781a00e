#include "broker/protocol/messages/incremental_alter_configs.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(IncrementalAlterConfigsRequest);
BATON_INSTANTIATE_MESSAGE(IncrementalAlterConfigsResponse);

}  // namespace baton::protocol
