// The network that the other tests stand on: a lab that comes after another one must not trip over what that left.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/network/socket.h"
#include "tests/support/command.h"
#include "tests/support/network_lab.h"
#include "tests/support/temp_dir.h"

namespace baton::support {
namespace {

// Nobody listens there, so whoever is reached refuses.
bool refuses(const std::string& host) {
  auto socket = network::connect_tcp({host, 9});
  if (!socket) return false;
  pollfd connected{socket->get(), POLLOUT, 0};
  if (poll(&connected, 1, 10'000) != 1) return false;
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket->get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error == ECONNREFUSED;
}

// The kernel takes a namespace down when it finds the time: until then its end of the link is here, under the name that is wanted.
TEST(NetworkLabTest, ALinkThatAFormerLabLeftIsReplaced) {
  { NetworkLab().add_host(); }
  TempDir dir;
  // What that lab left is there or is not, as the kernel pleases; this test wants a link that is there for certain.
  ChildProcess::start({"ip", "link", "delete", "host0"}, dir / "delete.log").wait(std::chrono::seconds(30));
  ChildProcess leftover =
      ChildProcess::start({"ip", "link", "add", "host0", "type", "veth", "peer", "name", "left-behind"}, dir / "add.log");
  auto exit = leftover.wait(std::chrono::seconds(30));
  ASSERT_TRUE(exit && exit->code == 0) << text_of(dir / "add.log");
  NetworkLab lab;
  EXPECT_EQ(lab.add_host(), 0);
  EXPECT_TRUE(refuses(lab.address(0)));
}

TEST(NetworkLabTest, OneLabMayFollowAnotherAtOnce) {
  for (int i = 0; i < 5; ++i) {
    NetworkLab lab;
    lab.add_host();
    lab.add_host();
    EXPECT_TRUE(refuses(lab.address(0)));
    EXPECT_TRUE(refuses(lab.address(1)));
    lab.drop(0, 1);  // the firewall is this lab's
    EXPECT_EQ(lab.stopped(), 0);
  }
}

}  // namespace
}  // namespace baton::support
