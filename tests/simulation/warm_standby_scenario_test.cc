// A standby that becomes controller has the image already: it reads back only the pages that changed without its hearing of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/runtime/node.h"
#include "tests/simulation/cluster.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WarmStandby : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(5))) << "no controller";
    cluster.run_for(milliseconds(200));
    // More than one page holds.
    cluster.create_topic("t", 300);
    ASSERT_TRUE(converges(seconds(5)));
    cluster.run_for(milliseconds(500));
  }
  void TearDown() override {
    clear_mutants();
    const std::string violation = cluster.invariants.violation().value_or("none");
    EXPECT_NE(violation.find(violated), std::string::npos) << violation;
  }
  // What a death makes of the partitions is written, and nobody is told any more: the controller dies. Another one rules afterwards.
  void change_unheard() {
    const int controller = cluster.ruler();
    bool due = true;
    cluster.on_write = [&](int id, const store::Multi& multi) {
      const bool page = std::any_of(multi.ops.begin(), multi.ops.end(), [](const store::Op& op) {
        const auto* set = std::get_if<store::SetData>(&op);
        return set != nullptr && set->path.starts_with(paths::kPages);
      });
      if (!due || id != controller || !page) return;
      due = false;
      cluster.scheduler.after(Duration(1), [this, controller] { cluster.kill(controller); });
    };
    const int other = controller % 3 + 1;
    cluster.kill(other);
    EXPECT_TRUE(cluster.run_until([&] { return !due; }, seconds(5)));
    cluster.on_write = nullptr;
    cluster.start(other);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0 && cluster.ruler() != controller; }, seconds(10)));
    auto loaded = [this] {
      const auto pages = cluster.process(cluster.ruler()).node()->loaded_pages();
      return pages.read + pages.kept > 0;
    };
    EXPECT_TRUE(cluster.run_until(loaded, seconds(2)));
  }
  bool converges(Duration limit) {
    return cluster.run_until([&] { return !cluster.topics().empty() && cluster.converged(); }, limit);
  }
  node::Node::LoadedPages after_the_death_of(int controller) {
    EXPECT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0 && cluster.ruler() != controller; }, seconds(5)));
    EXPECT_TRUE(cluster.run_until([&] { return cluster.process(cluster.ruler()).node()->loaded_pages().kept > 0; }, seconds(2)));
    return cluster.process(cluster.ruler()).node()->loaded_pages();
  }

  Cluster cluster{ClusterOptions{}};
  std::string violated = "none";
};

TEST_F(WarmStandby, ReadsNoPageThatItHas) {
  const int controller = cluster.ruler();
  cluster.kill(controller);
  const auto pages = after_the_death_of(controller);
  EXPECT_EQ(pages.read, 0u);
  EXPECT_EQ(pages.kept, 2u);
  EXPECT_TRUE(converges(seconds(5)));
}

TEST_F(WarmStandby, ReadsAPageThatChangedUnheard) {
  change_unheard();
  EXPECT_EQ(cluster.process(cluster.ruler()).node()->loaded_pages().read, 2u) << "the death concerned partitions on both";
  for (int id : {1, 2, 3}) {
    if (!cluster.process(id).alive()) cluster.start(id);
  }
  EXPECT_TRUE(converges(seconds(10)));
}

TEST_F(WarmStandby, MutantStalePageIsCaught) {
  plant(Mutant::stale_page_kept);
  change_unheard();
  cluster.run_for(milliseconds(500));
  violated = "EpochsGrow";  // what it writes goes back behind what is stored
}

// Who has never had an image reads everything.
TEST_F(WarmStandby, AColdOneReadsAll) {
  for (int id : {1, 2, 3}) cluster.kill(id);
  cluster.run_for(seconds(3));
  for (int id : {1, 2, 3}) cluster.start(id);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ruler() != 0; }, seconds(10)));
  ASSERT_TRUE(converges(seconds(10)));
  const auto pages = cluster.process(cluster.ruler()).node()->loaded_pages();
  EXPECT_EQ(pages.read, 2u);
  EXPECT_EQ(pages.kept, 0u);
}

}  // namespace
}  // namespace baton::simulation
