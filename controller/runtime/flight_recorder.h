// The flight recorder: each election of a controller and each broker's death as one record, with the time of every stage.
//
// One recorder for each rule. It goes on with what former controllers left in the store (read_back), under growing ids, and gives
// back what is to be stored (to_store) whenever something is new. It only listens: nothing is decided on a record, and none is
// worth a delay. Until the store has been read, records stay in memory, without ids.
//
// Bounded in records and bytes: the oldest go first. Pure; time comes with each call, as does the wall clock, which dates a
// record and joins the halves of one that two controllers have kept.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/decision/events.h"
#include "controller/messages/control.pb.h"
#include "controller/runtime/election_cause.h"
#include "controller/runtime/stored_history.h"

namespace baton::node {

struct FlightRecorderLimits {
  size_t records = 256;
  size_t bytes = size_t{128} * 1024;  // well below what a znode may hold
};

// For metrics: of one stage, what this rule has seen, and each of those in the records that are kept, the shortest first.
struct StageFigures {
  control::FailoverRecord::Kind kind = control::FailoverRecord::BROKER_DEATH;
  control::FailoverMoment::Stage stage = control::FailoverMoment::DETECTED;
  uint64_t count = 0;
  int64_t sum_us = 0;
  std::vector<int64_t> kept_us;  // never empty
};
struct SuccessionFigures {
  uint64_t decisions = 0;  // that changed leaders, for whatever reason
  uint64_t unclean = 0;    // leaders elected among dirty replicas
};

class FlightRecorder final : public StoredHistory {
 public:
  using Stage = control::FailoverMoment;
  // Microseconds since 1970 at an instant.
  using WallClock = std::function<int64_t(Instant)>;

  FlightRecorder(BrokerId self, ControllerEpoch epoch, WallClock wall, FlightRecorderLimits limits = {})
      : self_(self), epoch_(epoch), wall_(std::move(wall)), limits_(limits) {}

  // -- This rule's own election
  void claimed(const ElectionStart& start);
  void loaded(Instant now);
  // A broker has been sent the whole image.
  void followed(Instant now, BrokerId broker);

  // -- Deaths
  // When a death became certain, if that was before the core could act on it.
  void death_proven(Instant now, const Incarnation& incarnation) { proven_.emplace(incarnation, now); }
  // What the core says of a death, in its order.
  void milestone(Instant now, const decision::Milestone& milestone);
  void writing(Instant now, const decision::Write& write);
  void succeeded(const decision::Succeeded& count);
  // A change of partitions goes to the brokers under this number.
  void told(int64_t delta);
  void pushed(Instant now, BrokerId dead) { note(latest(dead), now, Stage::PUSHED); }
  void applied(Instant now, BrokerId dead, BrokerId by) { note(latest(dead), now, Stage::APPLIED, by); }
  // `ack` came from that broker at `now`.
  void acknowledged(Instant now, BrokerId by, const control::FirstAcknowledgement& ack);

  // -- The store
  // What /metadata/failovers holds.
  bool read_back(const std::string& stored) override;
  bool known() const override { return read_; }
  std::optional<std::string> to_store() override;
  void not_stored() override { changed_ = true; }

  // The last records, oldest first.
  control::FailoverHistory history(size_t last) const;

  // -- Metrics
  std::vector<StageFigures> figures() const;
  const SuccessionFigures& successions() const { return successions_; }
  // How many records this rule has begun.
  int64_t begun(control::FailoverRecord::Kind kind) const { return begun_.contains(kind) ? begun_.at(kind) : 0; }

 private:
  struct Kept {
    control::FailoverRecord record;
    Instant detected{};
  };

  Kept& add(control::FailoverRecord::Kind kind, BrokerId subject, std::string cause, Instant detected);
  // The record of this broker's latest death; and only if that is still going on.
  Kept* latest(BrokerId dead);
  Kept* of(BrokerId dead);
  Kept* continued(BrokerId dead);
  Kept* answering(BrokerId by, const control::FirstAcknowledgement& ack);
  void note(Kept* kept, Instant at, Stage::Stage stage, BrokerId by = BrokerId());
  void number();
  void trim();

  BrokerId self_;
  ControllerEpoch epoch_;
  WallClock wall_;
  FlightRecorderLimits limits_;
  std::deque<Kept> records_;  // oldest first
  std::map<Incarnation, Instant> proven_;
  std::vector<BrokerId> untold_;  // deaths whose changes have been decided but not told yet
  bool read_ = false;
  bool changed_ = false;
  struct Seen {
    uint64_t count = 0;
    int64_t sum_us = 0;
  };
  std::map<std::pair<int, int>, Seen> seen_;  // by kind and stage
  std::map<int, int64_t> begun_;
  SuccessionFigures successions_;
};

}  // namespace baton::node
