// What the supervisor knows of a process from the moment at which it serves.
#include "broker/supervision/notices.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "broker/supervision/progress.h"
#include "controller/messages/control.pb.h"

namespace baton::supervision {
namespace {

// A controller that is no broker has no shards: stopped right after its registration, it is judged by its manager's thread or never.
TEST(Notices, WhoServesHasAThreadByWhichToSeeThatItHangs) {
  const BoardHandle board = own_board();
  int32_t manager = 0;
  std::thread thread([&] {
    control::Registered registered;
    registered.set_incarnation("sixteen of bytes");
    registered.set_broker_epoch(7);
    note_registered(*board, BrokerId(101), registered);
    manager = gettid();
    EXPECT_EQ(board->beats().size(), 1u);
    note_registered(*board, BrokerId(101), registered);  // anew, after its session had run out
    watch_this_thread(*board, kManagerThread);
  });
  thread.join();
  EXPECT_EQ(board->phase.load(), Phase::kServing);
  ASSERT_EQ(board->beats().size(), 1u) << "watched once, however often it is said";
  EXPECT_EQ(board->beats()[0].tid, manager);
  EXPECT_EQ(board->life.read()->broker_epoch, 7);
}

}  // namespace
}  // namespace baton::supervision
