// The example of docs/fencing.md keeps what the page says.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "examples/fencing/fenced_file.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"
#include "tests/support/zookeeper_server.h"

namespace baton {
namespace {

using fencing::FencedFile;
using fencing::Outcome;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(FencedFileTest, TakesEqualAndNewerTokensAndNoOlderOne) {
  support::TempDir dir;
  FencedFile file(dir / "count");
  EXPECT_FALSE(file.read());
  EXPECT_EQ(file.write(3, "a"), Outcome::kWritten);
  EXPECT_EQ(file.write(3, "b\nc"), Outcome::kWritten);
  EXPECT_EQ(file.write(2, "d"), Outcome::kStale);
  EXPECT_EQ(file.read()->data, "b\nc");
  EXPECT_EQ(FencedFile(dir / "count").write(2, "d"), Outcome::kStale) << "it remembers by the file";
  EXPECT_EQ(file.write(4, ""), Outcome::kWritten);
  EXPECT_EQ(file.read()->token, 4);
  EXPECT_EQ(FencedFile(dir / "no/such/directory").write(1, ""), Outcome::kFailed);
}

TEST(FencingExample, ALateWriteOfAPausedHolderIsRefused) {
  support::ZooKeeperServer zookeeper;
  support::TempDir dir;
  zookeeper.start();
  const auto start = [&](const std::string& name, const std::string& pause) {
    std::vector<std::string> argv = {BATON_BINARY_DIR "/bin/fenced_counter", zookeeper.connect_string(), "counter", dir / "count"};
    if (!pause.empty()) argv.push_back(pause);
    return support::ChildProcess::start(argv, dir / name);
  };
  const auto said = [&](const std::string& name) {
    std::ifstream file(dir / name);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  };
  const auto says = [&](const std::string& name, const std::string& words) {
    return support::wait_for(seconds(20), [&] { return said(name).find(words) != std::string::npos; });
  };
  support::ChildProcess first = start("first", "5");
  ASSERT_TRUE(says("first", "stops here")) << said("first");
  support::ChildProcess second = start("second", "");
  ASSERT_TRUE(says("second", "wrote 6 under 2")) << said("second");
  first.signal(SIGCONT);
  ASSERT_TRUE(says("first", "refused: token 1, the file has seen 2")) << said("first");
  ASSERT_TRUE(says("first", "stops leading")) << said("first");
  first.signal(SIGTERM);
  second.signal(SIGTERM);
  ASSERT_TRUE(first.wait(seconds(10)));
  ASSERT_TRUE(second.wait(seconds(10)));
  EXPECT_EQ(FencedFile(dir / "count").read()->token, 2);
  EXPECT_THAT(said("second"), ::testing::Not(HasSubstr("refused")));
}

}  // namespace
}  // namespace baton
