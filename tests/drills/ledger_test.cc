#include "drills/scenarios/ledger.h"

#include <gtest/gtest.h>

namespace baton::drills {
namespace {

TEST(Ledger, WhatWasAcknowledgedAndIsReadBackInPlaceIsClean) {
  Ledger ledger;
  ledger.keeps_order("w");
  ledger.acknowledged("w", 1, 0);
  ledger.acknowledged("w", 2, 1);
  ledger.seen(0, "w 1");
  ledger.read_back(0, "w 1   ");
  ledger.read_back(1, "w 2");
  ledger.read_back(2, "w 3");  // written, its acknowledgement never came: allowed
  Findings findings = ledger.findings();
  EXPECT_TRUE(findings.clean());
  EXPECT_EQ(findings.acknowledged, 2u);
  EXPECT_EQ(findings.read, 3u);
}

TEST(Ledger, WhatTheLeaderAloneAcknowledgedMayGoWithIt) {
  Ledger ledger;
  ledger.acknowledged_by_leader("w", 1, 0);
  ledger.acknowledged_by_leader("w", 2, 1);
  ledger.read_back(0, "w 1");
  EXPECT_EQ(ledger.findings().lost, 0u);
  EXPECT_EQ(ledger.findings().unreplicated, 1u);
  EXPECT_TRUE(ledger.findings().clean());
}

TEST(Ledger, AnAcknowledgedRecordThatIsNotReadBackIsLost) {
  Ledger ledger;
  ledger.acknowledged("w", 1, 0);
  ledger.acknowledged("w", 2, 1);
  ledger.read_back(0, "w 1");
  EXPECT_EQ(ledger.findings().lost, 1u);
}

TEST(Ledger, WhatIsLostIsNamed) {
  Ledger ledger;
  ledger.acknowledged("w", 2, 1);
  ledger.acknowledged("w", 3, 2);
  ledger.read_back(1, "x 7");
  EXPECT_EQ(ledger.findings().anomalies, (std::vector<std::string>{"lost: 'w 2', acknowledged at offset 1, where 'x 7' is read back",
                                                                   "lost: 'w 3', acknowledged at offset 2, where nothing is read back"}));
}

TEST(Ledger, ARecordAtAnotherOffsetThanWasToldHasMoved) {
  Ledger ledger;
  ledger.acknowledged("w", 1, 5);
  ledger.read_back(6, "w 1");
  EXPECT_EQ(ledger.findings().moved, 1u);
}

TEST(Ledger, ASecondCopyIsADuplicate) {
  Ledger ledger;
  ledger.acknowledged("w", 1, 0);
  ledger.read_back(0, "w 1");
  ledger.read_back(1, "w 1");
  EXPECT_EQ(ledger.findings().duplicated, 1u);
}

TEST(Ledger, OrderIsKeptByThoseWhoPromiseIt) {
  for (bool promised : {true, false}) {
    Ledger ledger;
    if (promised) ledger.keeps_order("w");
    ledger.read_back(0, "w 2");
    ledger.read_back(1, "w 1");
    EXPECT_EQ(ledger.findings().disordered, promised ? 1u : 0u);
  }
}

TEST(Ledger, WhatAConsumerSawMustStay) {
  Ledger ledger;
  ledger.seen(0, "w 1");
  ledger.seen(1, "w 2");
  ledger.read_back(0, "w 9");
  EXPECT_EQ(ledger.findings().retracted, 2u);
}

TEST(Ledger, TwoWritersDoNotMix) {
  Ledger ledger;
  ledger.acknowledged("a", 1, 0);
  ledger.acknowledged("b b", 1, 1);
  ledger.read_back(0, "a 1");
  ledger.read_back(1, "b b 1");
  ledger.read_back(2, "no number");
  EXPECT_TRUE(ledger.findings().clean());
}

}  // namespace
}  // namespace baton::drills
