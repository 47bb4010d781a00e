// The life of a leadership that an application holds: campaign, lead, be sure of it until an instant, give it up.
//
// Election proposes (any elector of the catalog that goes through the store), the claim disposes: it compares and sets the epoch of this
// leadership, which grows with each new one and is the application's fencing token. That much is a controller's election in another
// place (place.h). What a controller has its fenced door for, an application lacks: the world that it changes does not ask for the
// epoch of its own accord. So two leaders must not even act at the same time, as far as clocks can tell:
//
// - *Lease.* The holder writes its lease, again and again, by a multi that checks the epoch it won. A write that succeeds lets it act for
//   the lease's length from the instant *before* the write was sent. A ping or a read says nothing.
// - *Succession.* Who has won the next epoch knows that no renewal of the one before can succeed any more. It reads the lease and
//   waits until that has run out, with the allowed drift of clocks, counted from when it first saw the lease as it stands; only then
//   it leads. Not after a release: that is written once whatever acted is gone.
// - *End.* The host is told to stop some time before the lease is over (`notice`); when it is asked to resign; or when the leadership is
//   lost already, which leaves it what is left of the lease. It says Stopped when nothing acts any more, and not before.
//
//   campaign ─ Ruling ─> look at the lease ─> wait it out ─> write our own ─> Lead … Extended … ─> Stop ─ Stopped ─> release ─> Ended
//
// Contenders that wait look at the lease four times in its length, so that the wait for it and for the session's end pass together.
//
// Drive: as events.h of the election says. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "controller/election/catalog.h"
#include "controller/election/claim.h"
#include "controller/lead/place.h"
#include "controller/lead/records.h"

namespace baton::lead {

// Nothing acts under the leadership any more (the answer to Stop, or unasked: the host is done; then it counts as Resign, too).
struct Stopped {};
// Give the leadership up in good order; stay in the campaign, behind the others.
struct Resign {};
// The same, and campaign no more. Answered by Retired.
struct Retire {};
using Event = std::variant<election::StoreReplied, election::StoreHappened, election::Woken, Stopped, Resign, Retire>;

enum class Reason : uint8_t {
  kDone,        // the host stopped of its own accord, or asked to resign
  kAsked,       // somebody asked the holder to, through the store
  kOutOfTouch,  // the lease could not be renewed
  kLost,        // the session is over, or another has claimed
};
std::string_view name_of(Reason reason);

// We lead, and may act until then. Said only with more than `notice` left.
struct Lead {
  ControllerEpoch epoch;
  Instant until;
};
struct Extended {
  Instant until;
};
// Stop acting, all of it before `until` (the last that was told), then say Stopped.
struct Stop {
  Reason reason{};
  Instant until;
};
// It is over, once after each Lead. `released`: the store says so too; otherwise others wait the lease out.
struct Ended {
  ControllerEpoch epoch;
  Reason reason{};
  bool released = false;
};
// This process can not campaign here; the sentence says why. What it led has ended by Stop before.
struct Refused {
  bool denied = false;  // by an ACL
  std::string why;
};
struct Retired {};
using Decision = std::variant<election::StoreCall, Lead, Extended, Stop, Ended, Refused, Retired>;
using Decisions = std::vector<Decision>;

struct LeadershipOptions {
  std::string name;                   // check_name()
  std::string elector = "zookeeper";  // of the catalog; one that does not ask its peers
  std::string guid;                   // of this campaign, unique
  Fields who;                         // for people: host, pid, …
  Duration notice{};                  // less than half of a lease, or nobody would ever be told to lead
  int drift_percent = 2;              // `clock.drift.percent`
  Random* random = nullptr;           // outlives the leadership
  std::function<int64_t()> wall_ms;   // for people
};

// What ZooKeeper grants a session is when its client looks for another server, a third earlier; the lease leaves it time to find one.
inline Duration lease_of_session(Duration session) {
  return std::chrono::floor<std::chrono::milliseconds>(session * 3 / 2);
}

class Leadership {
 public:
  // REQUIRES: a sound name and elector.
  explicit Leadership(LeadershipOptions options);
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  Decisions step(Instant now, const Event& event);
  Instant wake_at() const;
  const Place& place() const { return place_; }

 private:
  // Before the store is asked again about what it did not answer as it should.
  static constexpr Duration kRetry = std::chrono::milliseconds(50);

  enum class Phase : uint8_t {
    kCampaigning,  // no epoch of ours
    kLooking,      // the lease of the one before is being read, or shall be
    kWaiting,      // until it has run out
    kTaking,       // our lease is being written for the first time
    kLeading,      // Lead was told; also while the host stops
    kReleasing,    // the host has stopped: that is being written
    kResigning,    // the claim gives the epoch up
  };
  enum class Ask : uint8_t { kRoot, kLease, kTake, kRenew, kRelease, kWishThere, kWish };
  struct Call {
    Ask ask;
    Instant sent;
  };
  struct Sight {  // of the lease
    store::Stat stat;
    std::optional<LeaseRecord> record;  // none: there is no lease, or none that can be read
    bool there = false;
    Instant since;  // first seen so
  };
  struct Acting {
    ControllerEpoch epoch;
    Instant until;
    std::optional<Reason> stopping;  // Stop was told
    bool stopped = false;            // Stopped was heard
  };

  void on(const election::StoreReplied& replied);
  void on(const election::StoreHappened& happened);
  void on(const election::Woken&) {}
  void on(const Stopped&);
  void on(const Resign&);
  void on(const Retire&);
  void on_session(const store::SessionChanged& change);
  void connected();

  void tell_elector(const election::ElectorEvent& event);
  void tell_claim(const election::ClaimEvent& event);
  void heard(const election::ElectorDecision& decision);
  void heard(const election::ClaimDecision& decision);
  void ruling(const election::Ruling& ruling);
  void lost(const election::Lost& lost);

  void call(Ask ask, store::Request request);
  void look_at_lease();
  void lease_seen(const store::Reply& reply);
  void mark_seen(const store::Reply& reply);
  void wish_seen(Ask ask, const store::Reply& reply);
  void take_when_free();
  void write_lease(Ask ask, bool released);
  void lease_written(const Call& call, const store::Reply& reply);
  void time_passes();
  void stop(Reason reason);
  void give_up();
  void release();
  void over(bool released);
  void refuse(bool denied, const std::string& why);
  std::string leader_data(ControllerEpoch epoch) const;
  bool open() const { return session_ != 0 && connected_; }
  Duration own_length() const { return lease_of_session(session_timeout_); }

  LeadershipOptions options_;
  Place place_;
  std::unique_ptr<election::Elector> elector_;
  election::Claim claim_;
  Instant now_;
  Decisions out_;

  int64_t session_ = 0;
  bool connected_ = false;
  Duration session_timeout_{};
  bool founded_ = false;  // the nodes of this place are there, and ours
  bool refused_ = false;
  bool retiring_ = false;
  bool retired_ = false;

  uint64_t next_call_;
  std::map<uint64_t, Call> calls_;  // our own
  uint64_t lease_call_ = 0;         // the one of them that reads or writes the lease, 0: none
  uint64_t wish_call_ = 0;
  Instant again_at_ = Instant::never();  // look at, or renew, the lease

  Phase phase_ = Phase::kCampaigning;
  ControllerEpoch epoch_;  // that we won
  StoreVersion version_;   // of its node
  Duration length_{};      // of our lease under this epoch
  int64_t renewals_ = 0;
  std::optional<Sight> sight_;
  bool sight_is_old_ = false;  // a write's outcome is unknown: read before the next
  std::optional<Acting> acting_;
  Reason resigned_for_ = Reason::kDone;
  bool wish_watched_ = false;
};

}  // namespace baton::lead
