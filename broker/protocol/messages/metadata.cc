#include "broker/protocol/messages/metadata.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(MetadataRequest);
BATON_INSTANTIATE_MESSAGE(MetadataResponse);

}  // namespace baton::protocol
