// What a node tells about the cluster as it sees it: the answer to QueryStatus, from its own image. Pure.
#pragma once

#include "controller/agent/image.h"
#include "controller/messages/control.pb.h"

namespace baton::agent {

void describe(const Image& image, control::Status& status);

}  // namespace baton::agent
