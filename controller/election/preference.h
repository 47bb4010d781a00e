// Which candidate should rule: the one with the highest controller.priority, once it has proven steady, and not again soon after
// it lost the rule. Pure decisions of the ruler, which alone knows how far every candidate's image is; each node remembers who
// lost the rule and when, so that it knows when its turn to decide comes.
//
// A candidate asks for the rule by the priority in its record. It gets it when
// - the rule has lasted for `calm`: right after an election nobody moves;
// - it has followed the ruler's image without a break for `steady`, and has applied all of it;
// - since it last lost a rule, `again` has passed, twice as long for each loss that followed a short rule: a candidate that comes
//   and goes does not make the rule come and go with it. That also lets an operator's hand-over to a lesser candidate stand for a
//   while.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace baton::election {

// A candidate as the ruler knows it. The queue is a list of these, first to last.
struct Standing {
  BrokerId id;
  std::string guid;
  int32_t priority = 0;
  bool rules = false;      // ourselves
  bool dead = false;       // proven
  bool following = false;  // on a control stream
  bool caught_up = false;
  Instant following_since{};
};

// Who should rule if the ruler gives up: of those that follow, the caught up before the others, then by priority, then by their
// place in the queue. None: nobody stands by.
std::optional<size_t> best_standby(const std::vector<Standing>& queue);

struct PreferenceOptions {
  Duration calm = std::chrono::seconds(5);
  Duration steady = std::chrono::seconds(5);
  Duration again = std::chrono::seconds(60);
  Duration again_max = std::chrono::hours(1);
  // A rule that lasted so long clears its ruler's record.
  Duration good_rule = std::chrono::minutes(10);
};

class Preference {
 public:
  Preference() = default;
  explicit Preference(PreferenceOptions options) : options_(options) {}

  // News of who rules; also of a rule that goes on.
  void ruled(Instant now, BrokerId id, ControllerEpoch epoch);

  struct Verdict {
    std::optional<size_t> heir;             // an index of the queue: hand over to it now
    std::string waits_for;                  // why the better candidate does not rule yet; empty: there is none
    Instant look_again = Instant::never();  // when time alone may change this
  };
  Verdict judge(Instant now, const std::vector<Standing>& queue) const;

 private:
  struct Record {
    Instant lost_at = Instant::never();  // never: it lost none
    int short_rules = 0;
  };
  Duration again_after(const Record& record) const;

  PreferenceOptions options_;
  BrokerId ruler_;
  ControllerEpoch epoch_;
  Instant since_{};
  std::map<BrokerId, Record> records_;
};

}  // namespace baton::election
