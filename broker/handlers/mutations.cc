#include "broker/handlers/mutations.h"

namespace baton {

control::MutatingClient mutating_client(const Call& call, int16_t refusable_since) {
  control::MutatingClient client;
  // Nobody has proven who he is on a listener without authentication.
  client.set_principal("User:ANONYMOUS");
  client.set_client_id(call.client_id());
  client.set_refusable(call.version() >= refusable_since);
  return client;
}

}  // namespace baton
