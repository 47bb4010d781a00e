// A partition as people type it: TOPIC-NUMBER, orders-0.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "controller/messages/control.pb.h"

namespace baton::commands {

// INVALID_REQUEST where the text does not end in a dash and a number.
Result<control::PartitionName> parse_partition(const std::string& text);

}  // namespace baton::commands
