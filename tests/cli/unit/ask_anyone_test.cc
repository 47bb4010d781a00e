// Whom `status` and its like believe, and for whom they do not wait. The nodes are sockets of this test.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/bytes.h"
#include "base/network/socket.h"
#include "cli/cluster/process.h"
#include "cli/cluster/status.h"

namespace baton::cluster {
namespace {

using std::chrono::seconds;

// Answers each question that comes with the same status, until it is destroyed.
class Node {
 public:
  Node(int id, int controller, int epoch) {
    status_.set_node_id(id);
    status_.set_controller_id(controller);
    status_.set_controller_epoch(epoch);
    serving_ = std::thread([this] { serve(); });
  }
  ~Node() {
    done_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    serving_.join();
  }
  int port() const { return network::local_address(listener_.get()).port; }

 private:
  void serve() {
    while (!done_) {
      network::Fd fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd) return;
      char length[4];
      if (::recv(fd.get(), length, 4, MSG_WAITALL) != 4) continue;
      std::string body(static_cast<size_t>(load_be<int32_t>(length)), '\0');
      if (::recv(fd.get(), body.data(), body.size(), MSG_WAITALL) != static_cast<ssize_t>(body.size())) continue;
      control::Frame question;
      question.ParseFromString(body);
      control::Frame answer;
      answer.mutable_response()->set_correlation(question.request().correlation());
      *answer.mutable_response()->mutable_status() = status_;
      std::string frame(4, '\0');
      const std::string bytes = answer.SerializeAsString();
      store_be(frame.data(), static_cast<int32_t>(bytes.size()));
      frame += bytes;
      ::send(fd.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
    }
  }

  control::Status status_;
  network::Fd listener_ = blocking_listener();
  std::atomic<bool> done_ = false;
  std::thread serving_;

  static network::Fd blocking_listener() {
    network::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 8), 0);
    return fd;
  }
};

class AskAnyone : public testing::Test {
 protected:
  // A process that is alive, by this test's own id.
  void listens_at(int port) {
    const int id = static_cast<int>(description_.brokers.size()) + 1;
    BrokerEntry entry;
    entry.id = id;
    entry.control_port = port;
    entry.process = identify(getpid());
    description_.brokers.push_back(entry);
  }
  void is(const Node& node) { listens_at(node.port()); }
  // It takes the connection, since its listener stands, and never says anything.
  void hangs() { listens_at(network::local_address(silent_.get()).port); }
  // Who waited for the one that hangs would come back after a minute.
  std::optional<control::Status> ask() {
    const auto begun = std::chrono::steady_clock::now();
    auto answer = ask_anyone(description_, seconds(60));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(30)) << "it waited for who hangs";
    return answer;
  }

  network::Fd silent_ = std::move(*network::listen_tcp({"127.0.0.1", 0}));
  Description description_;
};

TEST_F(AskAnyone, TheControllersOwnWordWithAMajorityIsEnough) {
  Node one(1, 1, 7);
  Node two(2, 1, 7);
  hangs();
  is(one);
  is(two);
  auto answer = ask();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->node_id(), 1);
}

TEST_F(AskAnyone, WhereTheControllerHangsTheOthersAreBelieved) {
  Node two(2, 1, 7);
  Node three(3, 1, 7);
  hangs();
  is(two);
  is(three);
  auto answer = ask();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->controller_epoch(), 7);
}

TEST_F(AskAnyone, ADeposedControllerIsNotBelievedAgainstTheOthers) {
  Node deposed(1, 1, 7);
  Node two(2, 3, 8);
  Node three(3, 3, 8);
  is(deposed);
  is(two);
  is(three);
  auto answer = ask();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->controller_epoch(), 8);
}

TEST_F(AskAnyone, NobodyIsThere) {
  EXPECT_FALSE(ask_anyone(description_, seconds(60)));
}

}  // namespace
}  // namespace baton::cluster
