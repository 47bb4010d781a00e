// What AlterConfigs and IncrementalAlterConfigs share: a request to the controller, one answer for each resource.
#pragma once

#include <memory>
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

// Answers a request of either kind, whose messages differ by type alone. `change_of` says what a resource's configurations ask for.
template <class Response, class Request, class ChangeOf>
void answer_changes(Services& services, CallPtr call, const Request& request, ChangeOf change_of) {
  auto response = std::make_shared<Response>();
  control::ChangeConfigs changes;
  changes.set_validate_only(request.validate_only);
  for (auto& resource : request.resources) {
    auto& answered = response->responses.emplace_back();
    answered.resource_type = resource.resource_type;
    answered.resource_name = resource.resource_name;
    *changes.add_resources() = change_of(resource);
  }
  change_configs(services, std::move(changes), [call, response](const std::vector<ConfigChanged>& results) {
    for (size_t i = 0; i < results.size(); ++i) {
      response->responses[i].error_code = results[i].error;
      if (results[i].error != ErrorCode::kNone) response->responses[i].error_message = results[i].message;
    }
    call->answer(*response);
  });
}

}  // namespace baton
