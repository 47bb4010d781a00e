// Looking up names: the reactor never waits for it, and what comes late is told nobody. The look-ups of these tests hang until they are
// let go.
#include "base/network/resolver.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "base/network/client.h"
#include "tests/base/network/serving.h"
#include "tests/support/wait.h"

namespace baton::network {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::wait_for;

// The name servers. All hosts stand for the loopback address, save those that are unknown.
class NameServers {
 public:
  Resolver::LookUp look_up() {
    return [state = state_](const std::string& host) -> Result<HostAddresses> {
      std::unique_lock lock(state->mutex);
      state->asked.push_back(host);
      state->changed.wait(lock, [&] { return state->answering; });
      ++state->answered;
      if (host == "unknown") return fail(ErrorCode::kNetworkException, "can not look up unknown: nobody knows it");
      return numeric_addresses("127.0.0.1");
    };
  }
  void answer() { set(true); }
  void hang() { set(false); }
  std::vector<std::string> asked() {
    const std::lock_guard lock(state_->mutex);
    return state_->asked;
  }
  bool asked_within_limit(size_t times) {
    return wait_for(seconds(10), [&] { return asked().size() >= times; });
  }
  bool answered(int times) {
    return wait_for(seconds(10), [&] {
      const std::lock_guard lock(state_->mutex);
      return state_->answered >= times;
    });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool answering = false;
    int answered = 0;
    std::vector<std::string> asked;
  };
  void set(bool answering) {
    const std::lock_guard lock(state_->mutex);
    state_->answering = answering;
    state_->changed.notify_all();
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();  // look-ups may outlive the test
};

class ResolverTest : public testing::Test {
 protected:
  ResolverTest() : thread_([this] { reactor_->run(); }) {}
  ~ResolverTest() override {
    names_.answer();
    stop();
  }
  void stop() {
    if (!reactor_) return;
    reactor_->stop();
    thread_.join();
    reactor_.reset();
  }
  // Runs it on the reactor's thread, which therefore serves.
  void on_reactor(Task task) {
    std::promise<void> done;
    reactor_->post([&] {
      task();
      done.set_value();
    });
    ASSERT_EQ(done.get_future().wait_for(seconds(10)), std::future_status::ready) << "the reactor does not serve";
  }
  std::unique_ptr<Lookup> look_up(const std::string& host) {
    std::unique_ptr<Lookup> lookup;
    on_reactor([&] {
      lookup = std::make_unique<Lookup>(*reactor_);
      lookup->start(host, [this, host](const Result<HostAddresses>& found) {
        EXPECT_TRUE(reactor_->on_thread());
        const std::lock_guard lock(mutex_);
        told_.push_back(host + (found ? ": found" : ": " + found.error().message));
      });
    });
    return lookup;
  }
  void end(std::unique_ptr<Lookup> lookup) {
    on_reactor([&] { lookup.reset(); });
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  NameServers names_;
  Resolver resolver_{names_.look_up()};
  std::unique_ptr<Reactor> reactor_ = std::make_unique<Reactor>(&resolver_);
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::thread thread_;
};

TEST_F(ResolverTest, ANumberIsKnownAtOnce) {
  for (const char* host : {"127.0.0.1", "::1", ""}) {
    on_reactor([&] {
      bool known = false;
      Lookup lookup(*reactor_);
      lookup.start(host, [&](const Result<HostAddresses>& found) { known = found && !found->empty(); });
      EXPECT_TRUE(known) << host;
    });
  }
  EXPECT_TRUE(names_.asked().empty());
}

TEST_F(ResolverTest, TheReactorServesWhileALookUpHangs) {
  auto lookup = look_up("slow");
  ASSERT_TRUE(names_.asked_within_limit(1));
  on_reactor([] {});
  EXPECT_TRUE(told().empty());
  names_.answer();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return told() == std::vector<std::string>{"slow: found"}; }));
  end(std::move(lookup));
}

TEST_F(ResolverTest, WhyANameCanNotBeLookedUpIsTold) {
  names_.answer();
  auto lookup = look_up("unknown");
  EXPECT_TRUE(
      wait_for(seconds(10), [&] { return told() == std::vector<std::string>{"unknown: can not look up unknown: nobody knows it"}; }));
  end(std::move(lookup));
}

TEST_F(ResolverTest, WhoHasCancelledIsNotTold) {
  auto cancelled = look_up("slow");
  auto destroyed = look_up("slow");
  auto replaced = look_up("slow");
  on_reactor([&] {
    cancelled->cancel();
    destroyed.reset();
    replaced->start("slow", [this](const Result<HostAddresses>&) {
      const std::lock_guard lock(mutex_);
      told_.emplace_back("the new wish");
    });
  });
  names_.answer();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return !told().empty(); }));
  on_reactor([] {});
  EXPECT_EQ(told(), std::vector<std::string>{"the new wish"});
  end(std::move(cancelled));
  end(std::move(replaced));
}

TEST_F(ResolverTest, AnAnswerMayComeAfterItsReactorIsGone) {
  auto lookup = look_up("slow");
  ASSERT_TRUE(names_.asked_within_limit(1));
  lookup.reset();
  stop();
  names_.answer();
  EXPECT_TRUE(names_.answered(1));
  EXPECT_TRUE(told().empty());
}

TEST_F(ResolverTest, OneHostIsLookedUpOnceForAllWhoAsk) {
  std::vector<std::unique_ptr<Lookup>> lookups;
  for (int i = 0; i < 20; ++i) lookups.push_back(look_up("slow"));
  names_.answer();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return told().size() == 20; }));
  EXPECT_EQ(names_.asked(), std::vector<std::string>{"slow"});
  lookups.push_back(look_up("slow"));
  EXPECT_TRUE(wait_for(seconds(10), [&] { return told().size() == 21; }));
  EXPECT_EQ(names_.asked().size(), 2U) << "what was answered must not be remembered: the host may have moved";
  on_reactor([&] { lookups.clear(); });
}

// Each name that hangs keeps a thread, and names that nobody waits for any more keep none.
TEST_F(ResolverTest, ThreadsAreFiniteAndGoToThoseWhoStillWait) {
  std::vector<std::unique_ptr<Lookup>> hanging;
  for (int i = 0; i < Resolver::kThreadsMax; ++i) hanging.push_back(look_up("slow" + std::to_string(i)));
  ASSERT_TRUE(names_.asked_within_limit(Resolver::kThreadsMax));
  auto gone = look_up("gone");
  auto waits = look_up("waits");
  end(std::move(gone));
  EXPECT_EQ(names_.asked().size(), static_cast<size_t>(Resolver::kThreadsMax));
  names_.answer();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return told().size() == Resolver::kThreadsMax + 1; }));
  EXPECT_EQ(names_.asked().back(), "waits");
  EXPECT_EQ(names_.asked().size(), static_cast<size_t>(Resolver::kThreadsMax) + 1);
  on_reactor([&] { hanging.clear(); });
  end(std::move(waits));
}

// A client on the reactor, and how its life went.
class DialTest : public ResolverTest {
 protected:
  void dial(const Address& to, Duration within) {
    Client::Callbacks callbacks;
    callbacks.on_connected = [this] { note("connected"); };
    callbacks.on_frame = [](Frame) {};
    callbacks.on_closed = [this](const std::string& reason) { note(reason); };
    ClientOptions options;
    options.connect_timeout = within;
    on_reactor([&] {
      client_ = std::make_shared<Client>(*reactor_, options, std::move(callbacks));
      client_->start(to);
    });
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(what);
  }
  void hang_up() {
    on_reactor([&] { client_.reset(); });
  }
  std::shared_ptr<Client> client_;
};

TEST_F(DialTest, ANameIsDialledOnceItHasBeenLookedUp) {
  const Fd listener = std::move(*listen_tcp({"127.0.0.1", 0}));
  dial({"there", local_address(listener.get()).port}, seconds(30));
  ASSERT_TRUE(names_.asked_within_limit(1));
  EXPECT_TRUE(told().empty());
  names_.answer();
  EXPECT_TRUE(wait_for(seconds(10), [&] { return told() == std::vector<std::string>{"connected"}; }));
  hang_up();
}

TEST_F(DialTest, ADialWaitsForItsNameNoLongerThanForAConnection) {
  dial({"slow", 1}, milliseconds(20));
  EXPECT_TRUE(wait_for(seconds(10), [&] { return told() == std::vector<std::string>{"slow:1: its name could not be looked up in time"}; }));
  names_.answer();
  ASSERT_TRUE(names_.answered(1));
  on_reactor([] {});
  EXPECT_EQ(told().size(), 1U) << "the late answer was used";
  hang_up();
}

TEST_F(DialTest, ANameThatNobodyKnowsEndsTheDialAndTheNextOneAsksAgain) {
  names_.answer();
  for (int times = 1; times <= 2; ++times) {
    dial({"unknown", 1}, seconds(30));
    EXPECT_TRUE(wait_for(seconds(10), [&] { return told().size() == static_cast<size_t>(times); }));
    EXPECT_EQ(told().back(), "unknown:1: can not look up unknown: nobody knows it");
    EXPECT_EQ(names_.asked().size(), static_cast<size_t>(times));
  }
  hang_up();
}

TEST(LookUpHost, TheSystemKnowsThisHost) {
  const auto found = look_up_host("localhost");
  ASSERT_TRUE(found) << found.error().message;
  const Fd listener = std::move(*listen_tcp({"localhost", 0}));
  EXPECT_TRUE(connect_tcp(local_address(listener.get()), *found));
  EXPECT_TRUE(numeric_addresses("localhost").empty());
}

}  // namespace
}  // namespace baton::network
