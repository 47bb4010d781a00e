#include "tests/support/temp_dir.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

#include "base/assert.h"

namespace baton::support {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "baton-test-XXXXXX").string();
  BATON_ASSERT(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  if (!keep_) std::filesystem::remove_all(path_, ignored);
}

namespace {

// The port that was bound; 0: it is taken.
int try_port(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BATON_ASSERT(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t length = sizeof address;
  bool bound =
      bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 && getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

int free_port() {
  int port = try_port(0);
  BATON_ASSERT(port != 0);
  return port;
}

int free_port_to_come_back_on() {
  constexpr int kFirst = 10'000, kCount = 5'000;
  static int next = getpid() * 61 % kCount;
  for (int i = 0; i < kCount; ++i) {
    next = (next + 1) % kCount;
    if (int port = try_port(kFirst + next); port != 0) return port;
  }
  BATON_ASSERT(false);
  return 0;
}

}  // namespace baton::support
