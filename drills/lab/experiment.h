// The lab's measurements: an elector, so many nodes, one fault, many seeds.
//
// A trial is two simulations of one seed. Without the claim it shows what the algorithm costs and how it fares alone; with the claim it
// shows how a cluster fares. Each runs until there has been a leader for a while, suffers the fault, heals, and settles. Counted for the
// algorithm are the messages of the election that follows the fault, or, without a fault, of the first one, in which all begin.
#pragma once

#include <string>
#include <vector>

#include "drills/lab/faults.h"

namespace baton::lab {

struct Cell {
  std::string elector;
  int nodes = 5;
  Fault::Kind fault = Fault::Kind::kNone;
  unsigned long seeds = 20;
  Duration delay = std::chrono::milliseconds(1);
  Duration timeout = std::chrono::milliseconds(100);  // of suspicion, of leases and of sessions
  bool stalls = false;                                // afterwards, some seconds in which now and then a node stands still for up to 128 ms
};

// Where nothing is there to be measured: -1.
struct Figures {
  Cell cell;
  double messages = 0;  // election messages, on the mean
  double messages_max = 0;
  double theory = -1;  // of the first election, in which all begin; a bound where it is one
  double bytes = 0;
  double announcements = 0;
  double store_calls = 0;
  double rounds_median = -1;  // from the fault (or the start) to a leader, in round trips; without the claim
  double rounds_p99 = -1;
  double rule_rounds_median = -1;  // the same with the claim
  double leaderless = 0;           // share of time
  double doubles = 0;              // how often a second began to lead, a trial; without the claim
  double double_share = 0;         // of time with two
  double deposed_writes = 0;       // a trial, without the claim
  double ruled_twice = 0;          // epochs with two rulers, and writes of deposed ones, with the claim: 0
  double disturbed = 0;            // changes of leader after healing, a trial
  double fairness = 0;             // Jain's index of who is first, over the seeds: 1/n (always the same) to 1
  double fairness_preferred = -1;  // the same with one preferred; without a fault
  double preferred_leads = -1;     // share of time that this one leads, the hand-over to it included
  double busiest = 0;              // share of all messages and calls that the busiest handles, node or store
  double no_leader = 0;            // trials in which none came
  double false_changes = 0;        // of the leader, a minute in which nodes stall now and then and nothing dies
};

Figures measure(const Cell& cell);
double theory_of(const std::string& elector, int nodes);

// The names and values that tables, CSV and JSON show, in one order.
struct Column {
  std::string_view name;
  double Figures::*value;
  std::string_view says;
};
const std::vector<Column>& columns();

}  // namespace baton::lab
