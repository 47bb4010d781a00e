#include <gtest/gtest.h>

#include "tests/support/network_lab.h"

int main(int argc, char** argv) {
  baton::support::NetworkLab::enter(argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
