// A snapshot that leaves out what its receiver has already (R7), made whole again for a host, which keeps no pages. Pure.
#pragma once

#include "controller/agent/image.h"

namespace baton::agent {

// REQUIRES: the snapshot was applied to the image.
control::Delta whole(const Image& image, const control::Delta& snapshot);

}  // namespace baton::agent
