#include "broker/protocol/messages/incremental_alter_configs.h"

#include "broker/handlers/config_changes.h"
#include "broker/handlers/handlers.h"

namespace baton {
namespace {

using Request = protocol::IncrementalAlterConfigsRequest;
using Response = protocol::IncrementalAlterConfigsResponse;

control::ConfigChange change_of(const Request::Resource& resource) {
  control::ConfigChange change;
  change.mutable_resource()->set_type(resource.resource_type);
  change.mutable_resource()->set_name(resource.resource_name);
  for (auto& config : resource.configs) {
    auto& op = *change.add_ops();
    op.set_key(config.name);
    // An operation that we do not know stays one, and is refused.
    op.set_kind(static_cast<control::ConfigOp::Kind>(config.config_operation));
    op.set_value(config.value.value_or(""));
  }
  return change;
}

}  // namespace

void handle_incremental_alter_configs(Services& services, CallPtr call, Request request) {
  answer_changes<Response>(services, std::move(call), request, change_of);
}

}  // namespace baton
