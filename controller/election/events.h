// What electors and the claim are told and what they ask for. Both are pure cores: step(now, event) → decisions, on one
// thread, with time and calls to the store handed in and out as values.
//
// How to drive one:
// - Carry the decisions out in their order. Every StoreCall is answered by exactly one StoreReplied with its call id, also
//   when the session ended meanwhile (kSessionExpired, kClosed) or the reply was lost (kConnectionLoss). Late replies are
//   recognised by their id and dropped.
// - Call ids: each core numbers its own calls upwards from the `first_call` it was given. Give the cores ranges apart
//   (say, the core's number in the top byte) and route a reply by its range.
// - Tell every core every session change, and every watch: what is not its own is ignored, and a watch too many does no
//   harm.
// - After each step ask wake_at(), and give Woken when that instant has come; a Woken too many does no harm.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "controller/coordination/store.h"

namespace baton::election {

struct StoreCall {
  uint64_t call = 0;
  store::Request request;
};
struct StoreReplied {
  uint64_t call = 0;
  store::Reply reply;
};
// A session change, or a watch that fired.
struct StoreHappened {
  store::StoreEvent event;
};
// The instant asked for by wake_at() has come.
struct Woken {};
// R6: the process that bears this GUID (its incarnation, as printed) is gone for good.
struct DeathProven {
  std::string guid;
  BrokerId id{};  // of its process, where the teller knows it
};

// One node of the queue.
struct Candidate {
  std::string guid;
  std::string path;
  int32_t sequence = 0;  // orders the queue, wraps around; never an epoch
  std::string data;      // what the candidate put there; filled in only while the queue is observed
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// "You may claim." It proposes only: whoever wins the epoch rules (R2).
struct Nomination {
  std::string candidate;        // the path of our own node, to be checked by the claim; empty: the elector keeps none
  int64_t session = 0;          // that owns it
  std::vector<Candidate> dead;  // everyone in the queue who is proven dead, first to last; all that stand ahead of us are
  friend bool operator==(const Nomination&, const Nomination&) = default;
};

}  // namespace baton::election
