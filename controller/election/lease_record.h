// A lease as a record that is compared and set: whoever renews it leads, and whoever sees it unchanged for its whole length may take it.
//
// Source: the leaderelection package of Kubernetes' client-go; the idea is C. Gray and D. Cheriton, "Leases: An Efficient Fault-Tolerant
// Mechanism for Distributed File Cache Consistency", SOSP 1989.
//
// The record in /election/lease names the holder and counts its renewals. Every candidate reads it each retry period and measures on
// its own clock how long it has not changed; no clock is ever compared with another's. The holder renews each retry period and, if it
// could not for the renew deadline, leads no longer: the deadline is shorter than the lease, so it ends first. For a planned change the
// holder writes the heir's name and gives the lease up: only the heir may take it before it has run out.
//
// Assumes: the store; clocks of the same speed. Costs: a read and a compare-and-set each retry period for the holder, a read for each
// other. Time: the lease's length and a retry period; a planned change takes a retry period.
// Breaks by itself: a holder that is stopped between looking at its deadline and writing writes after another took the lease; only a
// fencing token (the claim's epoch) keeps that write out.
#pragma once

#include <optional>

#include "controller/election/standing_elector.h"

namespace baton::election {

struct LeaseOptions {
  uint64_t first_call = 1;
  std::string guid;  // the process's incarnation, as printed
  Duration duration = std::chrono::milliseconds(300);
  Duration renew_deadline = std::chrono::milliseconds(200);
  Duration retry_period = std::chrono::milliseconds(50);  // a fifth more at random
};

class LeaseElector final : public StandingElector {
 public:
  // `random` outlives the elector. REQUIRES: retry_period < renew_deadline < duration.
  LeaseElector(LeaseOptions options, Random& random);

  struct Record {
    std::string holder;  // empty: given up
    std::string heir;    // who alone may take it before it has run out; empty: anybody
    int64_t renewals = 0;
    std::string print() const;
    static std::optional<Record> parse(const std::string& data);
    friend bool operator==(const Record&, const Record&) = default;
  };

 private:
  enum class Call : uint8_t { kNone, kRead, kCreate, kRenew, kTake, kName, kGiveUp };

  void begin() override { read(); }
  void step_down() override;
  void woken() override;
  Instant due() const override;
  void died(const DeathProven& proven) override;
  void transfer(const TransferTo& wish) override;
  void renamed(const Rename& rename) override;
  void replied(const StoreReplied& reply) override;

  void ask(Call call, store::Request request);
  void read();
  void seen(const store::Reply& reply);
  void write(Call call, Record record);
  void written(Call call, const store::Reply& reply);
  void renewed();
  void lose();
  bool run_out() const { return now_ >= unchanged_since_ + options_.duration || (record_ && record_->holder == dead_ && !dead_.empty()); }
  void over(bool transferred, const std::string& why);

  LeaseOptions options_;
  uint64_t next_call_;
  uint64_t pending_ = 0;
  Call call_ = Call::kNone;
  Instant asked_at_{};
  std::optional<Record> record_;  // as last seen
  std::optional<Record> wanted_;  // by the write under way
  StoreVersion version_;
  Instant unchanged_since_{};
  std::string dead_;  // a holder whose death was proven
  bool holding_ = false;
  bool giving_up_ = false;
  Instant renewed_at_{};  // the sending of the last renewal that succeeded
  Instant read_at_ = Instant::never();
  std::optional<TransferTo> heir_;
};

}  // namespace baton::election
