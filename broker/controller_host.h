// The host of a controller that is no broker (process.roles=controller): the manager and nothing else. It has no listener for
// clients, no shards and no logs; its directory holds who it is, which cluster it belongs to, and the lock that keeps a second
// process out. Where it has a supervisor, the manager's thread is what is watched.
//
// Threading: start() and shut_down() from the main thread. The manager's events come on its own thread.
#pragma once

#include <memory>

#include "broker/config/broker_config.h"

namespace baton {

namespace supervision {
struct Supervised;
}

class ControllerHost {
 public:
  // Fails with a sentence that says what to do: the directory is in use, no ZooKeeper, …
  // `supervised`: what the supervisor gave, none where there is none; it outlives the host.
  static Result<std::unique_ptr<ControllerHost>> start(BrokerConfig config, supervision::Supervised* supervised = nullptr);
  ~ControllerHost();

  // In good order: the rule is resigned, the session ends.
  void shut_down();

 private:
  struct Parts;
  explicit ControllerHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace baton
