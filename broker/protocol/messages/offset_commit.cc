#include "broker/protocol/messages/offset_commit.h"

#include "broker/protocol/codec.h"

namespace baton::protocol {

BATON_INSTANTIATE_MESSAGE(OffsetCommitRequest);
BATON_INSTANTIATE_MESSAGE(OffsetCommitResponse);

}  // namespace baton::protocol
