// What the launcher promises when something is missing, locked, broken or in the way, and how it counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/launcher/stage.h"

namespace baton::launcher {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kNothingInstalled = "exit 1";

class LauncherTest : public testing::Test {
 protected:
  // What CTest and the programs of the release build would have written.
  Outcome test_with(const std::string& junit, const std::string& reports, int status) {
    stage_.stand_in("ctest", R"(while [ "$1" != --output-junit ]; do shift; done
directory=$(dirname "$2")
case $2 in
  */release/*-together.junit) cat >"$2" <<'END'
)" + junit + "\nEND\n" + reports +
                                 "\nexit " + std::to_string(status) + R"( ;;
  *-together.junit) echo '<testcase name="test_one" classname="test_one" time="0" status="run">' >"$2" ;;
  *) : >"$2" ;;
esac)");
    return stage_.run({"test"});
  }
  static std::string ran(const std::string& name, const std::string& status) {
    return R"(<testcase name=")" + name + R"(" classname=")" + name + R"(" time="0" status=")" + status + R"(">)";
  }
  static std::string report(const std::string& program, const std::string& cases) {
    return "cat >\"$directory/" + program + ".xml\" <<'END'\n" + cases + "\nEND";
  }

  Stage stage_;
};

TEST_F(LauncherTest, NothingIsInstalledWhereThatIsForbiddenButTheLineIsPrinted) {
  stage_.stand_in("dpkg-query", kNothingInstalled);
  stage_.stand_in("apt-get", "note \"$@\"");
  auto outcome = stage_.run({"up"}, {{"BATON_NO_INSTALL", "1"}});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("apt-get install -y --no-install-recommends g++ cmake"));
  EXPECT_THAT(outcome.output, HasSubstr("libzookeeper-java"));
  EXPECT_EQ(stage_.calls(), "");
}

TEST_F(LauncherTest, OnlyWhatIsMissingIsInstalled) {
  stage_.stand_in("dpkg-query", R"(shift 3; for name; do [ "$name" = cmake ] || echo "$name installed"; done)");
  stage_.stand_in("apt-get", "note \"$@\"");
  auto outcome = stage_.run({"up"}, {{"BATON_NO_INSTALL", "1"}});
  EXPECT_THAT(outcome.output, HasSubstr("--no-install-recommends cmake\n"));
}

TEST_F(LauncherTest, WithoutSudoAnOrdinaryUserIsToldWhatRootMustType) {
  stage_.stand_in("dpkg-query", kNothingInstalled);
  auto outcome = stage_.run_unprivileged({"up"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("there is no sudo here. As root, type:\n  apt-get install"));
}

TEST_F(LauncherTest, SudoThatIsRefusedIsToldFromAnInstallationThatFailed) {
  stage_.stand_in("dpkg-query", kNothingInstalled);
  stage_.stand_in("sudo", "exit 1");
  auto outcome = stage_.run_unprivileged({"up"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("sudo was refused"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("apt-get update failed")));
}

TEST_F(LauncherTest, ALockedAptIsWaitedFor) {
  stage_.stand_in("dpkg-query", R"sh([ -e installed ] || exit 1; shift 3; for name; do echo "$name installed"; done)sh");
  stage_.stand_in("sudo", R"sh([ "$1" = -v ] && exit 0; exec "$@")sh");
  stage_.stand_in("apt-get", R"sh(note "$@"
case $1 in
  update) [ -e tried ] && exit 0; : >tried; echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1"; exit 100 ;;
  install) : >installed ;;
esac)sh");
  auto outcome = stage_.run({"up"});
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("Waiting for another apt"));
  EXPECT_THAT(stage_.calls(), HasSubstr("DPkg::Lock::Timeout="));
}

TEST_F(LauncherTest, AnInstallationThatFailedStopsEverything) {
  stage_.stand_in("dpkg-query", kNothingInstalled);
  stage_.stand_in("sudo", R"([ "$1" = -v ] && exit 0; exec "$@")");
  stage_.stand_in("apt-get", R"([ "$1" = update ] || exit 100)");
  auto outcome = stage_.run({"up"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("installing failed"));
  EXPECT_EQ(stage_.calls(), "");
}

TEST_F(LauncherTest, TheProgramGetsItsArgumentsAsTheyAreAndTheCallersDirectory) {
  auto outcome = stage_.run({"produce", "a topic", "", "*"});
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, EndsWith("in " + stage_.elsewhere() + ":\n<produce>\n<a topic>\n<>\n<*>\n"));
  std::string before = stage_.calls();
  outcome = stage_.run({"status"});
  EXPECT_EQ(outcome.output, "in " + stage_.elsewhere() + ":\n<status>\n");
  EXPECT_EQ(stage_.calls(), before) << "nothing had changed";
}

TEST_F(LauncherTest, ABuildThatFailedRunsNothingAndIsTriedAgain) {
  ASSERT_EQ(stage_.run({"up"}).code, 0);
  stage_.write("base/new.cc", "");
  stage_.stand_in("ninja", "note; exit 1");
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto outcome = stage_.run({"up"});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.output, HasSubstr("building build/release failed"));
    EXPECT_THAT(outcome.output, Not(HasSubstr("<up>")));
  }
}

TEST_F(LauncherTest, AConfigurationThatFailedIsNotTakenForDone) {
  ASSERT_EQ(stage_.run({"up"}).code, 0);
  // As CMake does: the cache has the new value although nothing was generated.
  stage_.stand_in("cmake", R"(echo "BATON_TESTS:BOOL=ON" >"build/$2/CMakeCache.txt"; echo "no GTest"; exit 1)");
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto outcome = stage_.run({"test"});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.output, HasSubstr("no GTest"));
    EXPECT_THAT(outcome.output, HasSubstr("configuring build/release failed"));
  }
}

TEST_F(LauncherTest, ATreeThatWasMovedIsBuiltAnew) {
  stage_.write("build/release/build.ninja", "");
  stage_.write("build/release/CMakeCache.txt", "CMAKE_HOME_DIRECTORY:INTERNAL=/some/where/else\n");
  stage_.write("build/release/old", "");
  auto outcome = stage_.run({"up"});
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("/some/where/else"));
  EXPECT_FALSE(stage_.exists("build/release/old"));
}

TEST_F(LauncherTest, JobsThatAreNoNumberAreRefused) {
  auto outcome = stage_.run({"up"}, {{"BATON_JOBS", "many"}});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("BATON_JOBS=many"));
}

TEST_F(LauncherTest, CasesAreCountedOverEveryBuild) {
  auto outcome = test_with(ran("test_two", "run"), report("test_two", "<testcase name=\"a\" />\n<testcase name=\"b\" />"), 0);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.output, EndsWith("\n4 passed, 0 failed\n"));
}

TEST_F(LauncherTest, CrashesTimeOutsAndWhatDidNotRunAreFailures) {
  auto outcome = test_with(ran("test_crashed", "fail") + "\n" + ran("test_absent", "notrun") + "\n" + ran("test_off", "disabled"), "", 8);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, EndsWith("\n2 passed, 3 failed\n"));
}

TEST_F(LauncherTest, SkippedAndFailedCasesAreFailures) {
  auto outcome = test_with(ran("test_two", "fail"),
                           report("test_two",
                                  "<testcase name=\"a\" result=\"skipped\" />\n<testcase name=\"b\" result=\"completed\" />\n"
                                  "<testcase name=\"c\" result=\"completed\">\n<failure message=\"x\">\n<failure message=\"y\">"),
                           8);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, EndsWith("\n3 passed, 2 failed\n"));
}

TEST_F(LauncherTest, WhatFailedIsToldOnceMoreAtTheEnd) {
  auto outcome = test_with(ran("test_two", "fail") + "\n" + ran("test_leaks", "fail") + "\n" + ran("test_crashed", "fail"),
                           report("test_two",
                                  "<testcase name=\"Good\" result=\"completed\" classname=\"Moves\" />\n"
                                  "<testcase name=\"Skipped\" result=\"skipped\" classname=\"Moves\" />\n"
                                  "<testcase name=\"Bad\" result=\"completed\" classname=\"Moves\">\n"
                                  "<failure message=\"a_test.cc:7&#x0A;a &lt; &quot;b&quot; &amp;&amp; c\" type=\"\">") +
                               "\n" + report("test_leaks", "<testcase name=\"a\" />"),
                           8);
  EXPECT_THAT(outcome.output, HasSubstr("\nWhat failed:\n"
                                        "  release, test_two: Moves.Skipped was skipped\n"
                                        "  release, test_two: Moves.Bad\n"
                                        "      a_test.cc:7\n"
                                        "      a < \"b\" && c\n"
                                        "  release, test_leaks: all its cases passed, but the program failed\n"
                                        "  release, test_crashed: ended without a report (killed, or out of time)\n"
                                        "3 passed, 4 failed\n"));
}

TEST_F(LauncherTest, AProgramThatFailsAfterItsLastCaseIsAFailure) {
  auto outcome = test_with(ran("test_leaks", "fail"), report("test_leaks", "<testcase name=\"a\" />"), 8);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr(" 1 failed\n"));
}

TEST_F(LauncherTest, ATestToolThatDiesItselfIsAFailure) {
  auto outcome = test_with(ran("test_one", "run"), "", 139);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, EndsWith("\n3 passed, 1 failed\n"));
}

TEST_F(LauncherTest, ABuildWithoutTestsIsAFailureUnlessTheyWereChosen) {
  stage_.stand_in("ctest", R"(while [ "$1" != --output-junit ]; do shift; done; : >"$2")");
  auto all = stage_.run({"test"});
  EXPECT_EQ(all.code, 1);
  EXPECT_THAT(all.output, EndsWith("\n0 passed, 3 failed\n"));
  auto chosen = stage_.run({"test", "nothing_is_called_so"});
  EXPECT_EQ(chosen.code, 1);
  EXPECT_THAT(chosen.output, HasSubstr("no test matches"));
}

}  // namespace
}  // namespace baton::launcher
