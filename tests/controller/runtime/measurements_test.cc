// What a node measures of itself.
#include "controller/runtime/measurements.h"

#include "tests/controller/agent/stream_rig.h"

namespace baton::agent {
namespace {

double value_of(const std::string& name, const Agent& agent, Instant now) {
  control::Measurements measured;
  node::measure(measured, now, agent);
  for (const control::Measurement& each : measured.measurements()) {
    if (each.name() == name) return each.value();
  }
  ADD_FAILURE() << name << " is not measured";
  return -1;
}

class MeasurementsTest : public StreamTest {};

TEST_F(MeasurementsTest, TheLevelOfTheMetadataIsTheOneThatWasTold) {
  auto level = [this] { return value_of("baton_metadata_version", broker.agent, world.clock.now()); };
  EXPECT_EQ(level(), kMetadataSingles);
  connect(5);
  broker.hear(Said(5, 1).snapshot().level(kMetadataSingles).frame);
  EXPECT_EQ(level(), kMetadataSingles);
  broker.hear(Said(5, 2).level(kMetadataColumns).frame);
  EXPECT_EQ(level(), kMetadataColumns);
  broker.hear(Said(5, 3).frame);
  EXPECT_EQ(level(), kMetadataColumns) << "a change that does not tell it takes it back";
}

}  // namespace
}  // namespace baton::agent
