#include <gtest/gtest.h>

#include <fstream>

#include "cli/cluster/zookeeper.h"
#include "tests/support/temp_dir.h"

namespace baton::cluster {
namespace {

TEST(LastWords, AreTheLastErrorWithoutTimeAndLevel) {
  support::TempDir dir;
  std::ofstream(dir / "log") << "2026-01-01T00:00:00.000 error the first\n"
                                "2026-01-01T00:00:01.000 error  the second, and what to do\n"
                                "2026-01-01T00:00:02.000 info  shutting down\n";
  EXPECT_EQ(last_words_of(dir / "log"), "the second, and what to do");
}

TEST(LastWords, WithoutAnErrorAreTheLastLines) {
  support::TempDir dir;
  std::ofstream(dir / "log") << "terminate called\nan error occurred\n";
  EXPECT_EQ(last_words_of(dir / "log"), "\n  terminate called\n  an error occurred\n");
  EXPECT_EQ(last_words_of(dir / "none"), "\n");
}

}  // namespace
}  // namespace baton::cluster
