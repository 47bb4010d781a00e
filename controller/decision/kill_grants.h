// Who may be killed by its supervisor because it hangs (R6). One kill at a time in a cluster, and none that would leave a
// partition's ISR without a member that could lead: a disk that all share and that stalls must not kill everybody.
//
// A grant is short: half of the stall time-out. Its asker counts it from before it asked and kills within it or not at all. So a
// controller that is found to hang (it has made no progress for the whole time-out) has given no grant that may still be acted
// upon, and its standby may give one; and who begins to rule gives none until all of its predecessor's are over.
//
// The slot of a grant is free again when the grant was returned, or has run out without a death. Where there was a death, the
// next waits until the killed one is back, or has had its time for that: with min.insync.replicas of two, an ISR that has lost
// one member would gain nothing by the loss of another.
//
// Pure; not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/decision/cluster.h"

namespace baton::decision {

struct KillGrantsConfig {
  Duration valid = std::chrono::milliseconds(150);  // on the asker's clock
  Duration drift{};                                 // by how much longer than on ours that may be
  Duration return_wait = std::chrono::seconds(10);  // how long a killed broker is waited for
};

struct Victim {
  BrokerId id;
  Incarnation incarnation;
  friend bool operator==(const Victim&, const Victim&) = default;
};

// What is known of the last one that got a grant.
enum class HolderLife : uint8_t { kLives, kGone, kBack };

struct KillFacts {
  bool registered = false;              // the life that is asked about is the one that is registered, and lives
  bool store_away = false;              // nobody could be elected in its place
  bool writing = false;                 // a change of partitions is on its way to the store
  std::optional<PartitionKey> last_of;  // the victim is the last of its ISR that could lead
  HolderLife holder = HolderLife::kLives;
};

struct KillDecision {
  bool granted = false;
  std::string why;  // not, in a few words
};

class KillGrants {
 public:
  // `since`: no grant of anybody else was given after it.
  KillGrants(KillGrantsConfig config, Instant since) : config_(config), none_before_(since + config.valid + config.drift) {}

  KillDecision ask(Instant now, const Victim& victim, const KillFacts& facts);
  void returned(const Victim& victim);
  // Whom the last grant was for; none: nobody's, or it was returned.
  std::optional<Victim> holder() const;
  Duration valid() const { return config_.valid; }

 private:
  struct Slot {
    Victim victim;
    Instant until;
  };
  bool taken(Instant now, const Victim& by, HolderLife holder) const;

  KillGrantsConfig config_;
  Instant none_before_;
  std::optional<Slot> slot_;
};

// Nobody else of the ISR could lead (of ISR and eligible together, R8, where the victim is merely eligible): then the victim is
// not to be killed, however hung. A partition that it has no part in needs it not.
bool last_that_could_lead(const PartitionRecord& record, BrokerId victim, const std::function<bool(BrokerId)>& could_lead);

}  // namespace baton::decision
