// The planned hand-over (R4.2), which a controlled shutdown, a drain, and every move of a leadership share: the leader has given its
// word that it stopped, and who may follow it? Pure.
//
// The former leader goes on serving its followers at the old epoch, so whoever can catch up is waited for; it is bounded, and what
// follows then is the next epoch for the former leader itself. Where it is on its way out this holds for a replica outside the ISR as
// well, which may yet enter it (R4.4). Nobody at all to wait for: who is on its way out leads no more, and the partition waits for a
// replica.
#pragma once

#include <optional>

#include "controller/decision/standing.h"

namespace baton::decision {

// The leader's own word that it stopped at the record's leader epoch.
struct GivenWord {
  // Who holds all that it held, in the life that is known now. Nobody else may succeed it: the former leader lives, so what
  // it alone holds is not lost yet.
  std::vector<BrokerId> caught_up;
  // The others have had their time to catch up.
  bool overdue = false;
  // R9: no word of a leader but a refusal. Its log is dirty, and nobody ever led this epoch.
  bool refused = false;
  // A move to this replica and no other: where it can not lead after all, the former leader does again. None: whoever comes first.
  BrokerId wanted{};
};

struct Handover {
  enum class What : uint8_t { kWait, kSuccessor, kBackToFormer, kNobody };
  What what = What::kWait;
  BrokerId leader;
};

Handover hand_over(const PartitionRecord& record, BrokerId former, const GivenWord& word, const StandingOf& standing);

}  // namespace baton::decision
