#include "broker/supervision/notify.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/temp_dir.h"

namespace baton::supervision {
namespace {

using std::chrono::milliseconds;

// The service manager's end.
class Notify : public testing::Test {
 protected:
  Notify() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Notify() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  std::string heard() {
    char buffer[100];
    const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
    return size < 0 ? std::string() : std::string(buffer, static_cast<size_t>(size));
  }

  support::TempDir directory_;
  std::string path_ = directory_ / "notify";
  network::Fd fd_;
  Instant now_{1'000'000'000};
};

TEST_F(Notify, ItIsReadyOnceAndThenStops) {
  setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  ServiceManager manager;
  manager.ready();
  manager.ready();
  manager.stopping();
  EXPECT_EQ(heard(), "READY=1");
  EXPECT_EQ(heard(), "STOPPING=1");
  EXPECT_EQ(heard(), "");
}

TEST_F(Notify, TheWatchdogIsFedAtHalfOfItsTime) {
  setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  setenv("WATCHDOG_USEC", "1000000", 1);
  ServiceManager manager;
  manager.alive(now_);
  manager.alive(now_ + milliseconds(499));
  manager.alive(now_ + milliseconds(500));
  EXPECT_EQ(heard(), "WATCHDOG=1");
  EXPECT_EQ(heard(), "WATCHDOG=1");
  EXPECT_EQ(heard(), "");
}

TEST_F(Notify, AnothersWatchdogIsNotFed) {
  setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  setenv("WATCHDOG_USEC", "1000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  ServiceManager manager;
  manager.alive(now_);
  EXPECT_EQ(heard(), "");
}

TEST_F(Notify, WithoutAServiceManagerNothingIsSaid) {
  ServiceManager manager;
  manager.ready();
  manager.alive(now_);
  EXPECT_EQ(heard(), "");
}

}  // namespace
}  // namespace baton::supervision
