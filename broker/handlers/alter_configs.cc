#include "broker/protocol/messages/alter_configs.h"

#include "broker/handlers/config_changes.h"
#include "broker/handlers/handlers.h"

namespace baton {
namespace {

using Request = protocol::AlterConfigsRequest;
using Response = protocol::AlterConfigsResponse;

control::ConfigChange change_of(const Request::Resource& resource) {
  control::ConfigChange change;
  change.mutable_resource()->set_type(resource.resource_type);
  change.mutable_resource()->set_name(resource.resource_name);
  change.set_replace(true);
  for (auto& config : resource.configs) {
    auto& op = *change.add_ops();
    op.set_key(config.name);
    // Without a value it goes back to its default, as if it were not named.
    op.set_kind(config.value ? control::ConfigOp::SET : control::ConfigOp::DELETE);
    op.set_value(config.value.value_or(""));
  }
  return change;
}

}  // namespace

void handle_alter_configs(Services& services, CallPtr call, Request request) {
  answer_changes<Response>(services, std::move(call), request, change_of);
}

}  // namespace baton
