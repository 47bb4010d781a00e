// What a node tells about the cluster as it sees it: the answer to QueryStatus, from its own image. Pure.
#pragma once

#include "controller/agent/image.h"
#include "controller/messages/control.pb.h"

namespace baton::agent {

// A summary leaves topics and partitions out, which are many.
void describe(const Image& image, bool summary, control::Status& status);

}  // namespace baton::agent
