// The leadership of the C ABI, on a real ZooKeeper: what a host is told, what it may ask, and how it is told that it asks wrongly.
#include <gmock/gmock.h>
#include <time.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "controller/plugin/baton.h"
#include "tests/support/wait.h"
#include "tests/support/zookeeper_server.h"

namespace baton {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

int64_t boottime_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// One process's part in it.
struct Host {
  std::atomic<int> epoch{0}, stops{0}, reason{-1}, ended{0}, released{0};
  baton_leadership* leadership = nullptr;

  int campaign(const std::string& zookeeper, std::string* why = nullptr, const char* elector = "zookeeper") {
    const baton_property properties[] = {{"zookeeper.connect", zookeeper.c_str()},
                                         {"leadership.name", "abi"},
                                         {"leadership.elector", elector},
                                         {"zookeeper.session.timeout.ms", "600"}};
    baton_leadership_host host{};
    host.abi_version = BATON_ABI_VERSION;
    host.context = this;
    host.on_lead = [](void* self, int32_t token, int64_t) { static_cast<Host*>(self)->epoch = token; };
    host.on_stop = [](void* self, int why_so, int64_t) {
      static_cast<Host*>(self)->reason = why_so;
      ++static_cast<Host*>(self)->stops;
    };
    host.on_ended = [](void* self, int32_t, int told) {
      static_cast<Host*>(self)->released = told;
      ++static_cast<Host*>(self)->ended;
    };
    host.on_fatal = [](void*, const char*) {};
    char error[256] = "";
    const int code = baton_campaign(properties, 4, &host, &leadership, error, sizeof error);
    if (why != nullptr) *why = error;
    return code;
  }
  bool leads(int at_least) const {
    return support::wait_for(seconds(20), [&] { return epoch >= at_least; });
  }
  ~Host() {
    if (leadership != nullptr) baton_leadership_close(leadership);
  }
};

struct Seen {
  std::mutex mutex;
  std::vector<std::pair<int, std::string>> leaders;
  std::pair<int, std::string> last() {
    const std::lock_guard lock(mutex);
    return leaders.empty() ? std::pair<int, std::string>{-1, ""} : leaders.back();
  }
};

TEST(LeadershipAbi, CampaignsObservesResignsAndTellsTheDeadline) {
  support::ZooKeeperServer zookeeper;
  zookeeper.start();
  const std::string connect = zookeeper.connect_string() + "/apps";
  Seen seen;
  const baton_property properties[] = {{"zookeeper.connect", connect.c_str()}, {"leadership.name", "abi"}};
  const baton_leadership_observer watcher{BATON_ABI_VERSION, &seen, [](void* self, int32_t epoch, const char* who) {
                                            Seen& all = *static_cast<Seen*>(self);
                                            const std::lock_guard lock(all.mutex);
                                            all.leaders.emplace_back(epoch, who);
                                          }};
  baton_leadership* observer = nullptr;
  ASSERT_EQ(baton_observe(properties, 2, &watcher, &observer, nullptr, 0), BATON_OK);
  EXPECT_TRUE(support::wait_for(seconds(20), [&] { return seen.last().first == 0; })) << "nobody leads yet, and it says so";
  EXPECT_EQ(baton_resign(observer), BATON_INVALID);

  Host one, two;
  ASSERT_EQ(one.campaign(connect), BATON_OK);
  ASSERT_TRUE(one.leads(1));
  EXPECT_EQ(baton_leadership_epoch(one.leadership), 1);
  const int64_t deadline = baton_leadership_deadline_ns(one.leadership);
  EXPECT_GT(deadline, boottime_ns());
  EXPECT_LE(deadline, boottime_ns() + 900'000'000);
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return baton_leadership_deadline_ns(one.leadership) > deadline; })) << "it moves on";
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return seen.last().first == 1; }));
  EXPECT_THAT(seen.last().second, HasSubstr("pid="));

  ASSERT_EQ(two.campaign(connect), BATON_OK);
  EXPECT_EQ(baton_leadership_deadline_ns(two.leadership), 0);
  support::wait_for(std::chrono::milliseconds(500), [&] { return two.epoch != 0; });
  EXPECT_EQ(two.epoch, 0);
  EXPECT_EQ(baton_resign(one.leadership), BATON_OK);
  ASSERT_TRUE(support::wait_for(seconds(5), [&] { return one.stops == 1; }));
  EXPECT_EQ(one.reason, BATON_LEADERSHIP_DONE);
  EXPECT_EQ(two.epoch, 0) << "the first has not stopped yet";
  EXPECT_EQ(baton_leadership_stopped(one.leadership), BATON_OK);
  ASSERT_TRUE(two.leads(2));
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return one.ended == 1 && one.released == 1; }));
  EXPECT_EQ(baton_leadership_epoch(one.leadership), 0);
  EXPECT_TRUE(support::wait_for(seconds(5), [&] { return seen.last().first == 2; }));

  // The store falls silent: told to stop before the deadline.
  zookeeper.pause();
  ASSERT_TRUE(support::wait_for(seconds(5), [&] { return two.stops == 1; }));
  EXPECT_EQ(two.reason, BATON_LEADERSHIP_OUT_OF_TOUCH);
  EXPECT_LT(boottime_ns(), baton_leadership_deadline_ns(two.leadership));
  baton_leadership_stopped(two.leadership);
  zookeeper.resume();
  EXPECT_TRUE(support::wait_for(seconds(20), [&] { return one.epoch > 2 || two.epoch > 2; }));
  baton_leadership_close(observer);
}

TEST(LeadershipAbi, SaysWhatIsWrong) {
  Host host;
  std::string why;
  EXPECT_EQ(host.campaign("nowhere", &why), BATON_INVALID);
  EXPECT_THAT(why, HasSubstr("host:port"));
  EXPECT_EQ(host.campaign("127.0.0.1:1", &why, "raft"), BATON_INVALID);
  EXPECT_THAT(why, HasSubstr("zookeeper"));
  const baton_property unknown[] = {{"leadership.nam", "x"}};
  baton_leadership_host callbacks{};
  callbacks.abi_version = BATON_ABI_VERSION;
  char error[256] = "";
  EXPECT_EQ(baton_campaign(unknown, 1, &callbacks, &host.leadership, error, sizeof error), BATON_INVALID);
  EXPECT_THAT(error, HasSubstr("on_lead"));
  callbacks.on_lead = [](void*, int32_t, int64_t) {};
  callbacks.on_stop = [](void*, int, int64_t) {};
  callbacks.on_fatal = [](void*, const char*) {};
  EXPECT_EQ(baton_campaign(unknown, 1, &callbacks, &host.leadership, error, sizeof error), BATON_INVALID);
  EXPECT_THAT(error, HasSubstr("leadership.name"));
  callbacks.abi_version = BATON_ABI_VERSION + 1;
  EXPECT_EQ(baton_campaign(unknown, 1, &callbacks, &host.leadership, error, sizeof error), BATON_INVALID);
  EXPECT_THAT(error, HasSubstr("ABI version"));
  EXPECT_EQ(baton_leadership_deadline_ns(nullptr), 0);
  EXPECT_EQ(baton_resign(nullptr), BATON_INVALID);
  baton_leadership_close(nullptr);
}

// A store that does not answer is no failure, and no obstacle to closing.
TEST(LeadershipAbi, ClosesWithoutAStore) {
  Host host;
  EXPECT_EQ(host.campaign("127.0.0.1:1"), BATON_OK);
}

}  // namespace
}  // namespace baton
