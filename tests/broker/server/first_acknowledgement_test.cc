// What a broker tells of the first record that it acknowledges under a new leadership, for the controller's flight recorder.
#include "controller/messages/control.pb.h"
#include "tests/broker/server/alone.h"

namespace baton {
namespace {

class FirstAcknowledgementTest : public AloneTest {
 protected:
  static std::vector<control::FirstAcknowledgement> told(size_t at_least) {
    EXPECT_TRUE(support::wait_for(std::chrono::seconds(10), [&] { return fake_manager::first_acknowledgements().size() >= at_least; }));
    return fake_manager::first_acknowledgements();
  }
  void write(const std::string& topic, int16_t acks = -1) {
    EXPECT_EQ(produce(topic, batch_of({"a"}), acks).error_code, ErrorCode::kNone) << topic;
  }
};

TEST_F(FirstAcknowledgementTest, IsToldOnceForEachEventThatBroughtLeaderships) {
  create("t");
  create("u");
  write("t");
  write("t");
  write("u", 1);
  write("u");
  const std::vector<control::FirstAcknowledgement> all = told(2);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].controller_epoch(), 1);
  EXPECT_LT(all[0].delta(), all[1].delta());
  EXPECT_FALSE(all[0].snapshot());
  EXPECT_LT(all[0].ago_us(), 1'000'000);
  // A third topic's comes after all that the others could still have brought about.
  create("v");
  write("t");
  write("v");
  EXPECT_EQ(told(3).size(), 3u);
}

TEST_F(FirstAcknowledgementTest, IsToldAgainUntilAControllerHearsIt) {
  create("t");
  fake_manager::hear_no_first_acknowledgement(2);
  write("t");
  const std::vector<control::FirstAcknowledgement> all = told(3);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_GE(all[2].ago_us(), all[0].ago_us() + 150'000) << "the moment is the acknowledgement's, not the telling's";
  EXPECT_EQ(all[2].delta(), all[0].delta());
}

}  // namespace
}  // namespace baton
