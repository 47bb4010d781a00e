#include "broker/supervision/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

namespace baton::supervision {

ServiceManager::ServiceManager() {
  const char* socket_name = getenv("NOTIFY_SOCKET");
  if (socket_name == nullptr || *socket_name == 0 || strlen(socket_name) >= sizeof(sockaddr_un::sun_path)) return;
  socket_ = socket_name;
  fd_ = network::Fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const char* wanted_of = getenv("WATCHDOG_PID");
  const char* microseconds = getenv("WATCHDOG_USEC");
  const bool ours = wanted_of == nullptr || atol(wanted_of) == getpid();
  if (microseconds != nullptr && ours) every_ = std::chrono::microseconds(atoll(microseconds)) / 2;
}

void ServiceManager::ready() {
  if (!ready_said_) say("READY=1");
  ready_said_ = true;
}

void ServiceManager::stopping() {
  say("STOPPING=1");
}

void ServiceManager::alive(Instant now) {
  if (every_ <= Duration::zero() || now < next_) return;
  next_ = now + every_;
  say("WATCHDOG=1");
}

void ServiceManager::say(std::string_view words) {
  if (!fd_) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = 0;  // the abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)sendto(fd_.get(), words.data(), words.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace baton::supervision
