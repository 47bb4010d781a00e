// Elections as their papers tell them: every message takes one millisecond, and what is said at the same time to several is one line.
// Beats and acknowledgements are left out.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <cmath>

#include "drills/lab/simulation.h"

namespace baton::lab {
namespace {

using election::MessageKind;
using std::chrono::milliseconds;

Conditions even(const std::string& elector) {
  Conditions conditions;
  conditions.elector = elector;
  conditions.claim = false;
  conditions.even = true;
  conditions.trace = true;
  conditions.write_every = std::chrono::hours(1);
  return conditions;
}

// What has happened since then; the first message is at 0.
std::string transcript(const Simulation& world, Instant since, bool with_store = false) {
  std::string text;
  const std::vector<TraceEvent>& events = world.trace();
  std::optional<Instant> origin;
  for (size_t i = 0; i < events.size(); ++i) {
    const TraceEvent& event = events[i];
    const bool message = event.kind == TraceEvent::Kind::kMessage;
    if (event.at < since || (message && (event.of == MessageKind::kBeat || event.of == MessageKind::kAcknowledgement))) continue;
    if (event.kind == TraceEvent::Kind::kStore && !with_store) continue;
    if (event.name == "starts" || event.name == "is cut off from the store") continue;
    if (!origin && event.kind != TraceEvent::Kind::kFault && event.kind != TraceEvent::Kind::kBelief) origin = event.at;
    const double at = origin ? std::round(static_cast<double>((event.at - *origin).count()) / 1e5) / 10 : 0;
    if (event.kind == TraceEvent::Kind::kBelief || event.kind == TraceEvent::Kind::kFault) {
      text += (origin ? fmt::format("{:g}: ", at) : std::string("first: ")) + fmt::format("{} {}\n", event.from, event.name);
      continue;
    }
    std::string to;
    for (size_t last = i; last < events.size(); ++last) {
      const TraceEvent& next = events[last];
      if (next.at != event.at || next.from != event.from || next.kind != event.kind || next.name != event.name || next.words != event.words)
        break;
      to += (to.empty() ? "" : ",") + (next.to == 0 ? std::string("store") : std::to_string(next.to));
      i = last;
    }
    text += message ? fmt::format("{:g}: {} -> {} {}\n", at, event.from, to, event.name)
                    : fmt::format("{:g}: {} -> {} {}\n", at, event.from, to, event.words);
  }
  return text;
}

int leader_of(const Simulation& world) {
  return world.believers().empty() ? 0 : world.believers().front();
}

// A cluster that has had its leader for a while.
void settle(Simulation& world) {
  world.start_all();
  world.run_for(milliseconds(500));
  ASSERT_EQ(world.believers().size(), 1U);
}

void prove_death(Simulation& world, int dead, std::initializer_list<int> witnesses) {
  const std::string guid = world.guid(dead);
  world.crash(dead);
  for (int witness : witnesses) world.give(witness, election::DeathProven{guid, BrokerId(dead)});
}

// Five processes; the fifth leads and crashes, and the second is the one to notice.
TEST(Transcript, TheBullyOfTheTextbook) {
  Simulation world(even("bully"));
  settle(world);
  const Instant since = world.now();
  prove_death(world, 5, {2});
  world.run_for(milliseconds(40));
  EXPECT_EQ(transcript(world, since),
            "first: 5 crashes\n"
            "first: 5 leads no longer\n"
            "0: 2 -> 3,4,5 Election\n"
            "1: 3 -> 2 Answer\n"
            "1: 3 -> 4,5 Election\n"
            "1: 4 -> 2 Answer\n"
            "1: 4 -> 5 Election\n"
            "2: 4 -> 3 Answer\n"
            "11: 4 -> 1,2,3,5 Coordinator\n"
            "11: 4 leads\n");
}

// Chang and Roberts' figure: numbers around a ring, each sent to the right, of which only the highest comes round.
TEST(Transcript, ChangAndRobertsOnARing) {
  Conditions conditions = even("ring");
  conditions.order = {3, 1, 5, 2, 4};
  Simulation world(conditions);
  const Instant since = world.now();
  world.start_all();
  world.run_for(milliseconds(58));
  EXPECT_EQ(transcript(world, since),
            "0: 1 -> 5 Candidate\n"
            "0: 2 -> 4 Candidate\n"
            "0: 3 -> 1 Candidate\n"
            "0: 4 -> 3 Candidate\n"
            "0: 5 -> 2 Candidate\n"
            "1: 1 -> 5 Candidate\n"
            "1: 3 -> 1 Candidate\n"
            "1: 2 -> 4 Candidate\n"
            "2: 1 -> 5 Candidate\n"
            "2: 4 -> 3 Candidate\n"
            "3: 3 -> 1 Candidate\n"
            "4: 1 -> 5 Candidate\n"
            "5: 5 -> 2 Elected\n"
            "5: 5 leads\n"
            "6: 2 -> 4 Elected\n"
            "7: 4 -> 3 Elected\n"
            "8: 3 -> 1 Elected\n"
            "9: 1 -> 5 Elected\n");
}

TEST(Transcript, HirschbergAndSinclairConquerTheirNeighbourhoods) {
  Conditions conditions = even("hirschberg-sinclair");
  conditions.nodes = 3;
  Simulation world(conditions);
  const Instant since = world.now();
  world.start_all();
  world.run_for(milliseconds(60));
  EXPECT_EQ(transcript(world, since),
            "0: 1 -> 2,3 Probe\n"
            "0: 2 -> 3,1 Probe\n"
            "0: 3 -> 1,2 Probe\n"
            "1: 1 -> 2 Reply\n"
            "1: 1 -> 3 Reply\n"
            "1: 2 -> 3 Reply\n"
            "2: 3 -> 1,2 Probe\n"
            "3: 1 -> 2 Probe\n"
            "3: 2 -> 1 Probe\n"
            "4: 2 -> 1 Reply\n"
            "4: 1 -> 2 Reply\n"
            "5: 1 -> 3 Reply\n"
            "5: 2 -> 3 Reply\n"
            "6: 3 -> 1,2 Probe\n"
            "7: 1 -> 2 Probe\n"
            "7: 2 -> 1 Probe\n"
            "8: 2 -> 3 Probe\n"
            "8: 1 -> 3 Probe\n"
            "9: 3 -> 1 Elected\n"
            "9: 3 leads\n"
            "10: 1 -> 2 Elected\n"
            "11: 2 -> 3 Elected\n");
}

TEST(Transcript, RaftAsksFirstAndThenForVotes) {
  Simulation world(even("raft"));
  settle(world);
  const Instant since = world.now();
  const int leader = leader_of(world);
  world.crash(leader);
  world.run_for(milliseconds(170));
  EXPECT_EQ(transcript(world, since),
            "first: 4 crashes\n"
            "first: 4 leads no longer\n"
            "0: 1 -> 2,3,4,5 PreVote\n"
            "1: 2 -> 1 PreVoteReply\n"
            "1: 3 -> 1 PreVoteReply\n"
            "1: 5 -> 1 PreVoteReply\n"
            "2.2: 1 -> 2,3,4,5 Vote\n"
            "3.4: 2 -> 1 VoteReply\n"
            "3.4: 3 -> 1 VoteReply\n"
            "3.4: 5 -> 1 VoteReply\n"
            "4.4: 1 leads\n");
}

TEST(Transcript, RaftHandsOverByTimeoutNow) {
  Simulation world(even("raft"));
  settle(world);
  const Instant since = world.now();
  const int leader = leader_of(world);
  const int heir = leader == 1 ? 2 : 1;
  world.give(leader, election::TransferTo{world.guid(heir), BrokerId(heir)});
  world.run_for(milliseconds(15));
  EXPECT_EQ(transcript(world, since),
            "first: 4 leads no longer\n"
            "0: 4 -> 1 TimeoutNow\n"
            "1.2: 1 -> 2,3,4,5 Vote\n"
            "2.4: 2 -> 1 VoteReply\n"
            "2.4: 3 -> 1 VoteReply\n"
            "2.4: 4 -> 1 VoteReply\n"
            "2.4: 5 -> 1 VoteReply\n"
            "3.4: 1 leads\n");
}

TEST(Transcript, PaxosPreparesThenAccepts) {
  Conditions conditions = even("paxos");
  conditions.nodes = 3;
  Simulation world(conditions);
  for (int id : {2, 3}) world.cut_from_store(id);
  const Instant since = world.now();
  world.start_all();
  world.run_for(milliseconds(30));
  EXPECT_EQ(transcript(world, since),
            "0: 1 -> 2,3 Prepare\n"
            "1.2: 2 -> 1 Promise\n"
            "1.2: 3 -> 1 Promise\n"
            "2.2: 1 -> 2,3 Accept\n"
            "3.4: 2 -> 1 Accepted\n"
            "3.4: 3 -> 1 Accepted\n"
            "4.4: 1 -> 2,3 Chosen\n"
            "4.4: 1 leads\n");
}

TEST(Transcript, TheLeaseIsComparedAndSet) {
  Conditions conditions = even("lease");
  conditions.nodes = 2;
  Simulation world(conditions);
  const Instant since = world.now();
  world.start_all();
  world.run_for(milliseconds(30));
  EXPECT_EQ(transcript(world, since, true),
            "0: 1 -> store read /election/lease\n"
            "0: 2 -> store read /election/lease\n"
            "2: 1 -> store create /election/lease\n"
            "2: 2 -> store create /election/lease\n"
            "4: 1 leads\n"
            "4: 2 -> store read /election/lease\n"
            "26.6: 2 -> store read /election/lease\n"
            "27.3: 1 -> store read /election/lease\n");
}

TEST(Transcript, TheHerdTriesAllAtOnce) {
  Conditions conditions = even("herd");
  conditions.nodes = 3;
  Simulation world(conditions);
  settle(world);
  const Instant since = world.now();
  world.crash(leader_of(world));
  world.run_for(milliseconds(110));
  EXPECT_EQ(transcript(world, since, true),
            "first: 1 crashes\n"
            "first: 1 leads no longer\n"
            "0: 2 -> store read /election/leader and watch it\n"
            "0: 3 -> store read /election/leader and watch it\n"
            "2: 2 -> store create /election/leader\n"
            "2: 3 -> store create /election/leader\n"
            "4: 2 -> store read /election/leader and watch it\n"
            "4: 3 -> store read /election/leader and watch it\n"
            "6: 2 leads\n");
}

TEST(Transcript, OfTheQueueOnlyTheNextIsWoken) {
  Conditions conditions = even("zookeeper");
  conditions.nodes = 3;
  Simulation world(conditions);
  settle(world);
  const Instant since = world.now();
  world.crash(leader_of(world));
  world.run_for(milliseconds(110));
  EXPECT_EQ(transcript(world, since, true),
            "first: 1 crashes\n"
            "first: 1 leads no longer\n"
            "0: 2 -> store list /election/candidates\n"
            "2: 2 -> store read /election/candidates/2.1-n_0000000001 and watch it\n"
            "4: 2 leads\n");
}

}  // namespace
}  // namespace baton::lab
