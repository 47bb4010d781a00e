// What AlterConfigs and IncrementalAlterConfigs share: a request to the controller, one answer for each resource.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/function.h"
#include "broker/handlers/handler.h"
#include "controller/messages/control.pb.h"

namespace baton {

struct ConfigChanged {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
};

// In the order of `changes`; a resource that is named twice is refused. This broker's image shows a change before `done` is called.
void change_configs(Services& services, control::ChangeConfigs changes, Function<void(std::vector<ConfigChanged>)> done);

}  // namespace baton
