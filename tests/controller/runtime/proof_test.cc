#include "controller/runtime/proof.h"

#include <gtest/gtest.h>

namespace baton::node {
namespace {

using Verdict = Proof::Verdict;

Incarnation incarnation(uint8_t name) {
  Incarnation incarnation;
  incarnation.bytes.fill(name);
  return incarnation;
}

const SocketEnd kWatchedEnd{"10.0.0.1", 40001};
const SocketEnd kWatcherEnd{"10.0.0.2", 9099};

Proof greeted() {
  Proof proof;
  EXPECT_EQ(proof.hello(BrokerId(1), incarnation(1), kWatchedEnd, kWatcherEnd, kWatchedEnd, kWatcherEnd), Verdict::kReconnect);
  return proof;
}

Proof watching() {
  Proof proof = greeted();
  EXPECT_EQ(proof.reconnect_answered(incarnation(1)), Verdict::kWatching);
  return proof;
}

// Its control port is behind a firewall, or named by an address that leads elsewhere: what is found there tells nothing.
TEST(Proof, NothingIsProvenOfAProcessThatNeverAnsweredWhereItSaysThatItListens) {
  Proof closed = greeted();
  EXPECT_EQ(closed.reconnect_refused(), Verdict::kSilence);
  Proof elsewhere = greeted();
  EXPECT_EQ(elsewhere.reconnect_answered(incarnation(2)), Verdict::kSilence);
  Proof silent = greeted();
  EXPECT_EQ(silent.reconnect_timed_out(), Verdict::kSilence);
  Proof ended = greeted();
  EXPECT_EQ(ended.reconnect_ended(), Verdict::kSilence);
}

TEST(Proof, AnEofBeforeTheFirstAnswerIsSilence) {
  Proof proof = greeted();
  EXPECT_EQ(proof.eof(), Verdict::kSilence);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kSilence);
}

TEST(Proof, EofThenRefusalIsDeath) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kProven);
  EXPECT_EQ(proof.id(), BrokerId(1));
  EXPECT_EQ(proof.incarnation(), incarnation(1));
}

TEST(Proof, EofThenAnotherIncarnationIsDeath) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_answered(incarnation(2)), Verdict::kProven);
}

TEST(Proof, EofForgedByAMiddleboxIsNotDeath) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_answered(incarnation(1)), Verdict::kSilence);
}

TEST(Proof, ResetForgedByAFirewallIsSilence) {
  Proof proof = watching();
  EXPECT_EQ(proof.reset(), Verdict::kSilence);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kSilence) << "nor does the refusal that the same firewall forges help it";
}

TEST(Proof, ResetThenEofProvesNothing) {
  Proof proof = watching();
  EXPECT_EQ(proof.reset(), Verdict::kSilence);
  EXPECT_EQ(proof.eof(), Verdict::kSilence);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kSilence);
}

TEST(Proof, RefusalWithoutEofIsSilence) {
  Proof proof = watching();
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kSilence);
}

TEST(Proof, EofAloneProvesNothing) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_timed_out(), Verdict::kSilence);
}

TEST(Proof, AProcessInTheMiddleOfDyingIsAskedAgain) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_ended(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_ended(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kProven);
}

TEST(Proof, AskingAgainIsBounded) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  int asked = 1;
  while (proof.reconnect_ended() == Verdict::kReconnect) ++asked;
  EXPECT_EQ(asked, Proof::kReconnectsMax);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kSilence);
}

TEST(Proof, BytesAfterTheHelloEndIt) {
  Proof proof = watching();
  EXPECT_EQ(proof.broken(), Verdict::kSilence);
  EXPECT_EQ(proof.eof(), Verdict::kSilence);
}

// Behind a proxy or NAT the ends differ, and then an EOF says something about the proxy.
TEST(Proof, HelloMustMatchBothEndsExactly) {
  const SocketEnd translated_port{"10.0.0.1", 40002};
  const SocketEnd translated_host{"192.168.0.9", 40001};
  for (const SocketEnd& seen : {translated_port, translated_host}) {
    Proof proof;
    EXPECT_EQ(proof.hello(BrokerId(1), incarnation(1), kWatchedEnd, kWatcherEnd, seen, kWatcherEnd), Verdict::kSilence);
    EXPECT_EQ(proof.eof(), Verdict::kSilence);
  }
  Proof redirected;
  EXPECT_EQ(redirected.hello(BrokerId(1), incarnation(1), kWatchedEnd, {"10.0.0.7", 9099}, kWatchedEnd, kWatcherEnd), Verdict::kSilence);
}

TEST(Proof, WithoutAHelloNothingIsProven) {
  Proof proof;
  EXPECT_EQ(proof.eof(), Verdict::kSilence);
  EXPECT_EQ(proof.reconnect_refused(), Verdict::kSilence);
}

TEST(Proof, AnswerWithoutAnIncarnationProvesNothing) {
  Proof proof = watching();
  EXPECT_EQ(proof.eof(), Verdict::kReconnect);
  EXPECT_EQ(proof.reconnect_answered(Incarnation()), Verdict::kSilence);
}

}  // namespace
}  // namespace baton::node
