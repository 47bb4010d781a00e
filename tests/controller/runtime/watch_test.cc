// Watch connections between real processes: the watched is a forked child, so that its death is a real one.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include "controller/runtime/control_listener.h"
#include "controller/runtime/watched.h"
#include "tests/support/wait.h"

namespace baton::node {
namespace {

using network::Address;
using network::Reactor;
using std::chrono::seconds;

Self self_of(int id, uint8_t name) {
  Self self{BrokerId(id), Incarnation()};
  self.incarnation.bytes.fill(name);
  return self;
}

// The event thread of a watching process.
class WatchingProcess {
 public:
  explicit WatchingProcess(bool proof_of_death = true, const Self& self = self_of(9, 9), network::Resolver* resolver = nullptr)
      : reactor(resolver) {
    auto fd = network::listen_tcp({"127.0.0.1", 0});
    address = network::local_address(fd->get());
    listener = std::make_unique<ControlListener>(reactor, std::move(*fd), proof_of_death,
                                                 ControlListener::Callbacks{[](StreamId, control::Frame) {}, [](StreamId) {},
                                                                            [this](BrokerId id, const Incarnation& incarnation) {
                                                                              proven_incarnation = incarnation;
                                                                              proven_id = id.value();
                                                                            }});
    listener->become(self);
    thread = std::thread([this] { reactor.run(); });
  }
  ~WatchingProcess() {
    reactor.stop();
    thread.join();
  }
  void become(const Self& self) {
    std::promise<void> done;
    reactor.post([&] {
      listener->become(self);
      done.set_value();
    });
    done.get_future().wait();
  }
  // From now on there is nobody at its address.
  void stop_listening() {
    std::promise<void> gone;
    reactor.post([&] {
      listener.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }
  bool proven_within(std::chrono::milliseconds time) {
    return support::wait_for(time, [&] { return proven_id != -1; });
  }

  Reactor reactor;
  Address address;
  std::unique_ptr<ControlListener> listener;
  Incarnation proven_incarnation;
  std::atomic<int> proven_id{-1};
  std::thread thread;
};

// A forked child that runs a control listener and keeps a watch connection open to `watchers`. Forked before this process
// has threads. Says `w` on its pipe when the watcher has answered.
class WatchedChild {
 public:
  explicit WatchedChild(const Self& self) {
    int go[2];
    int ready[2];
    EXPECT_EQ(pipe(go), 0);
    EXPECT_EQ(pipe(ready), 0);
    pid = fork();
    if (pid == 0) run(self, go[0], ready[1]);
    ::close(go[0]);
    ::close(ready[1]);
    go_ = go[1];
    ready_ = ready[0];
  }
  ~WatchedChild() {
    kill();
    ::close(go_);
    ::close(ready_);
  }
  void watched_by(const Address& watcher) {
    EXPECT_EQ(write(go_, &watcher.port, sizeof watcher.port), static_cast<ssize_t>(sizeof watcher.port));
    char answer = 0;
    EXPECT_EQ(read(ready_, &answer, 1), 1);
  }
  void kill() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = -1;
  }
  pid_t pid = -1;

 private:
  [[noreturn]] static void run(const Self& self, int go, int ready) {
    int port = 0;
    if (read(go, &port, sizeof port) != static_cast<ssize_t>(sizeof port)) _exit(1);
    Reactor reactor;
    auto fd = network::listen_tcp({"127.0.0.1", 0});
    const Address own = network::local_address(fd->get());
    ControlListener listener(reactor, std::move(*fd), true,
                             {[](StreamId, control::Frame) {}, [](StreamId) {}, [](BrokerId, const Incarnation&) {}});
    listener.become(self);
    Watched watched(reactor, own);
    watched.become(self);
    watched.watched_by({{BrokerId(9), self_of(9, 9).incarnation, "127.0.0.1", port}});
    network::Timer timer(reactor);
    bool told = false;
    std::function<void()> poll = [&] {
      if (!told && watched.watching() == 1) told = write(ready, "w", 1) == 1;
      timer.start(std::chrono::milliseconds(2), [&] { poll(); });
    };
    poll();
    reactor.run();
    _exit(0);
  }

  int go_ = -1;
  int ready_ = -1;
};

TEST(Watch, KillIsProvenAtOnce) {
  WatchedChild child(self_of(1, 1));
  WatchingProcess watcher;
  child.watched_by(watcher.address);
  child.kill();
  ASSERT_TRUE(watcher.proven_within(seconds(5)));
  EXPECT_EQ(watcher.proven_id, 1);
  EXPECT_EQ(watcher.proven_incarnation, self_of(1, 1).incarnation);
}

TEST(Watch, AStoppedProcessIsSilent) {
  WatchedChild child(self_of(1, 1));
  WatchingProcess watcher;
  child.watched_by(watcher.address);
  ::kill(child.pid, SIGSTOP);
  EXPECT_FALSE(watcher.proven_within(std::chrono::milliseconds(300)));
  ::kill(child.pid, SIGCONT);
}

TEST(Watch, ProofCanBeSwitchedOff) {
  WatchedChild child(self_of(1, 1));
  WatchingProcess watcher(/*proof_of_death=*/false);
  child.watched_by(watcher.address);
  child.kill();
  EXPECT_FALSE(watcher.proven_within(std::chrono::milliseconds(300)));
}

// A hand-made watched end, to show what the socket of a dying process may do.
class HandMade {
 public:
  HandMade(const Address& watcher, const Self& self, const Address& control) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(watcher.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    control::Frame frame;
    control::WatchHello& hello = *frame.mutable_watch_hello();
    hello.set_id(self.id.value());
    hello.set_incarnation(std::string(self.incarnation.raw()));
    const Address local = network::local_address(fd_);
    const Address remote = network::peer_address(fd_);
    hello.set_local_host(local.host);
    hello.set_local_port(local.port);
    hello.set_remote_host(remote.host);
    hello.set_remote_port(remote.port);
    hello.set_control_host(control.host);
    hello.set_control_port(control.port);
    const std::string bytes = frame.SerializeAsString();
    const uint32_t size = htonl(static_cast<uint32_t>(bytes.size()));
    EXPECT_EQ(::send(fd_, &size, sizeof size, 0), 4);
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  ~HandMade() {
    if (fd_ >= 0) ::close(fd_);
  }
  // The watcher has answered; its answer stays unread.
  bool answered() {
    char byte;
    return support::wait_for(seconds(5), [&] { return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1; });
  }
  // The watcher has ended the connection without a word.
  bool refused() {
    char byte;
    return support::wait_for(seconds(5), [&] { return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0; });
  }
  void read_answer() {
    char bytes[256];
    EXPECT_GT(::recv(fd_, bytes, sizeof bytes, 0), 0);
  }
  void close() {
    ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

// A port on which nobody listens.
Address closed_port() {
  auto fd = network::listen_tcp({"127.0.0.1", 0});
  return network::local_address(fd->get());
}

// The control listener of a watched process, under the hand-made end's name.
TEST(Watch, EofAndARefusedReconnectionProve) {
  WatchingProcess watcher;
  WatchingProcess watched(true, self_of(1, 1));
  HandMade end(watcher.address, self_of(1, 1), watched.address);
  ASSERT_TRUE(end.answered());
  end.read_answer();
  watched.stop_listening();
  end.close();
  EXPECT_TRUE(watcher.proven_within(seconds(5)));
}

// Bytes that were not read make the kernel send RST: silence, even when the process is really gone.
TEST(Watch, AProcessKilledWithUnreadBytesIsSilent) {
  WatchingProcess watcher;
  WatchingProcess watched(true, self_of(1, 1));
  HandMade end(watcher.address, self_of(1, 1), watched.address);
  ASSERT_TRUE(end.answered());
  watched.stop_listening();
  end.close();
  EXPECT_FALSE(watcher.proven_within(std::chrono::milliseconds(300)));
}

TEST(Watch, ALiveProcessThatClosesIsNotDead) {
  WatchingProcess watcher;
  WatchingProcess living(true, self_of(1, 1));
  HandMade end(watcher.address, self_of(1, 1), living.address);
  ASSERT_TRUE(end.answered());
  end.read_answer();
  end.close();
  EXPECT_FALSE(watcher.proven_within(std::chrono::milliseconds(300)));
}

// Its control port cannot be reached, or is another's: then neither can its death be told from its life.
TEST(Watch, ALiveProcessThatCannotBeReachedIsNotDeadWhenItsConnectionEnds) {
  WatchingProcess watcher;
  WatchingProcess another(true, self_of(1, 2));
  for (const Address& control : {closed_port(), another.address}) {
    HandMade end(watcher.address, self_of(1, 1), control);
    ASSERT_TRUE(end.refused());
    end.close();
    EXPECT_FALSE(watcher.proven_within(std::chrono::milliseconds(300)));
  }
}

// The process is looked for where it was found alive: by then its name may lead elsewhere, and its name server may be dead.
TEST(Watch, ADeathIsProvenWithoutLookingItsNameUpAgain) {
  std::atomic<int> look_ups = 0;
  network::Resolver resolver([&look_ups](const std::string&) -> Result<network::HostAddresses> {
    if (++look_ups == 1) return network::numeric_addresses("127.0.0.1");
    return fail(ErrorCode::kNetworkException, "the name server is gone");
  });
  WatchingProcess watcher(true, self_of(9, 9), &resolver);
  WatchingProcess watched(true, self_of(1, 1));
  HandMade end(watcher.address, self_of(1, 1), {"watched.example", watched.address.port});
  ASSERT_TRUE(end.answered());
  end.read_answer();
  watched.stop_listening();
  end.close();
  EXPECT_TRUE(watcher.proven_within(seconds(5)));
  EXPECT_EQ(look_ups, 1);
}

TEST(Watch, AnotherIncarnationThatAnswersProves) {
  WatchingProcess watcher;
  WatchingProcess watched(true, self_of(1, 1));
  HandMade end(watcher.address, self_of(1, 1), watched.address);
  ASSERT_TRUE(end.answered());
  end.read_answer();
  watched.become(self_of(1, 2));
  end.close();
  ASSERT_TRUE(watcher.proven_within(seconds(5)));
  EXPECT_EQ(watcher.proven_incarnation, self_of(1, 1).incarnation);
}

// A peer that is not wanted any more is left by a reset, never by an end that could be taken for ours.
TEST(Watch, APeerThatIsNotWantedAnyMoreSeesAReset) {
  auto peer = network::listen_tcp({"127.0.0.1", 0});
  Reactor reactor;
  Watched watched(reactor, closed_port());
  watched.become(self_of(1, 1));
  watched.watched_by({{BrokerId(9), self_of(9, 9).incarnation, "127.0.0.1", network::local_address(peer->get()).port}});
  std::thread thread([&] { reactor.run(); });
  int accepted = -1;
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return (accepted = ::accept(peer->get(), nullptr, nullptr)) >= 0; }));
  char hello[512];
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return ::recv(accepted, hello, sizeof hello, MSG_DONTWAIT) > 0; }));
  reactor.post([&] { watched.watched_by({}); });
  EXPECT_TRUE(support::wait_for(seconds(5), [&] {
    return ::recv(accepted, hello, sizeof hello, MSG_DONTWAIT) <= 0 && errno == ECONNRESET;
  })) << "an EOF, or nothing";
  reactor.stop();
  thread.join();
  ::close(accepted);
}

}  // namespace
}  // namespace baton::node
