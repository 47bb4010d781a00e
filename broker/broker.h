// The host process: opens the data directory, runs a shard a core, listens for clients, and does what the manager says.
//
// Threading: start() and shut_down() from the main thread. The manager's events come on its own thread and are
// passed on to the shards in order.
#pragma once

#include <csignal>
#include <memory>

#include "broker/config/broker_config.h"

namespace baton {

namespace supervision {
struct Supervised;
}

class Broker {
 public:
  // Raised to the process when it can not go on; the reason has been logged.
  static constexpr int kFatalSignal = SIGUSR1;

  // Fails with a sentence that says what to do: a port in use, a data directory in use, no ZooKeeper, …
  // `supervised`: what the supervisor gave, none where there is none; it outlives the broker.
  static Result<std::unique_ptr<Broker>> start(BrokerConfig config, supervision::Supervised* supervised = nullptr);
  ~Broker();

  // In good order: leaderships are handed over, then roles stopped, logs closed, connections ended.
  void shut_down();
  // The ports that are really bound, in the order of `listeners`.
  std::vector<ListenerAddress> listeners() const;
  // Where /metrics is; none: it is off.
  std::optional<network::Address> metrics_address() const;

 private:
  struct Parts;
  explicit Broker(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace baton
