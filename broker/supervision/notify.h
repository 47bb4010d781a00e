// Words to the service manager that started this process (systemd), if it wants any: a datagram to the socket that NOTIFY_SOCKET
// names. READY=1 once the broker serves; WATCHDOG=1 while the supervisor does its rounds, at half the time that WATCHDOG_USEC
// allows; STOPPING=1 before the end. Without these variables nothing is sent.
//
// Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/network/socket.h"

namespace baton::supervision {

class ServiceManager {
 public:
  // Reads the environment.
  ServiceManager();

  void ready();
  void stopping();
  // To be called more often than the watchdog wants to hear.
  void alive(Instant now);

 private:
  void say(std::string_view words);

  std::string socket_;
  network::Fd fd_;
  Duration every_{};  // zero: no watchdog
  Instant next_{};
  bool ready_said_ = false;
};

}  // namespace baton::supervision
