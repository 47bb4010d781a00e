// Paxos: one single-decree instance an epoch decides that epoch's master, and a lease keeps the next epoch closed while it rules.
//
// Source: L. Lamport, "The Part-Time Parliament", ACM TOCS 16(2), 1998, and "Paxos Made Simple", 2001; master leases: T. Chandra,
// R. Griesemer, J. Redstone, "Paxos Made Live", PODC 2007.
//
// Who misses the master proposes itself for the next epoch: Prepare with a ballot above all seen, a majority's Promise, then Accept with
// the value that a promise named (one accepted before), or itself; a majority's Accepted chooses it. An acceptor promises and accepts
// in the order of (epoch, ballot), durably. Accepting a master, and each renewal, is a lease: for `suspect` this acceptor promises no
// later epoch to anybody else. The master's lease runs from the sending of what the majority answered, a fiftieth shorter for the
// clocks, so it ends first. An acceptor that restarts has forgotten its leases and promises nothing for as long as one lasts.
//
// Assumes: a majority, durable promises; bounded clock drift for the lease. Costs: 4(n-1) messages and one announcement to each;
// then a renewal and its answer for each acceptor. Time: two round trips.
// Breaks by itself: two proposers may outbid each other for ever (FLP); a random pause makes that improbable. A master that is stopped
// between looking at its lease and acting acts late.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "controller/election/peer_codec.h"
#include "controller/election/peer_elector.h"

namespace baton::election {

namespace paxos {

inline constexpr char kAlgorithm = 'P';

struct Prepare {
  int64_t epoch = 0;
  int64_t ballot = 0;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Prepare";
  static auto fields(auto& self) { return std::tie(self.epoch, self.ballot); }
  std::string words() const { return "epoch " + std::to_string(epoch) + ": heed no ballot below mine, and tell what you have accepted"; }
};
struct Promise {
  int64_t epoch = 0;
  int64_t ballot = 0;
  int64_t accepted_ballot = 0;  // 0: nothing in this epoch
  BrokerId accepted_value;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Promise";
  static auto fields(auto& self) { return std::tie(self.epoch, self.ballot, self.accepted_ballot, self.accepted_value); }
  std::string words() const {
    return "promised" + (accepted_ballot == 0 ? std::string() : "; I have accepted node " + std::to_string(accepted_value.value()));
  }
};
struct Accept {
  int64_t epoch = 0;
  int64_t ballot = 0;
  BrokerId value;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Accept";
  static auto fields(auto& self) { return std::tie(self.epoch, self.ballot, self.value); }
  std::string words() const {
    return "epoch " + std::to_string(epoch) + ": accept node " + std::to_string(value.value()) + " as its master";
  }
};
struct Accepted {
  int64_t epoch = 0;
  int64_t ballot = 0;
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Accepted";
  static auto fields(auto& self) { return std::tie(self.epoch, self.ballot); }
  std::string words() const { return "accepted for epoch " + std::to_string(epoch) + ", with a lease"; }
};
struct Refuse {
  int64_t epoch = 0;  // these two: of what is refused
  int64_t ballot = 0;
  int64_t promised_epoch = 0;
  int64_t promised_ballot = 0;
  int64_t accepted_epoch = 0;
  int64_t wait_us = 0;  // a lease runs so long
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Refuse";
  static auto fields(auto& self) {
    return std::tie(self.epoch, self.ballot, self.promised_epoch, self.promised_ballot, self.accepted_epoch, self.wait_us);
  }
  std::string words() const {
    return wait_us > 0 ? "no: a master's lease runs" : "no: I have promised epoch " + std::to_string(promised_epoch) + " to another";
  }
};
struct Chosen {
  int64_t epoch = 0;
  BrokerId value;
  static constexpr MessageKind kKind = MessageKind::kAnnouncement;
  static constexpr std::string_view kName = "Chosen";
  static auto fields(auto& self) { return std::tie(self.epoch, self.value); }
  std::string words() const { return "node " + std::to_string(value.value()) + " is the master of epoch " + std::to_string(epoch); }
};
struct Renew {
  int64_t epoch = 0;
  int64_t round = 0;
  static constexpr MessageKind kKind = MessageKind::kBeat;
  static constexpr std::string_view kName = "Renew";
  static auto fields(auto& self) { return std::tie(self.epoch, self.round); }
  std::string words() const { return "renew my lease of epoch " + std::to_string(epoch); }
};
struct Renewed {
  int64_t epoch = 0;
  int64_t round = 0;
  static constexpr MessageKind kKind = MessageKind::kBeat;
  static constexpr std::string_view kName = "Renewed";
  static auto fields(auto& self) { return std::tie(self.epoch, self.round); }
  static std::string words() { return "renewed"; }
};
// The lease is given back before its time.
struct Released {
  int64_t epoch = 0;
  BrokerId heir;  // none: whoever comes first
  int64_t reserved_us = 0;
  static constexpr MessageKind kKind = MessageKind::kTransfer;
  static constexpr std::string_view kName = "Released";
  static auto fields(auto& self) { return std::tie(self.epoch, self.heir, self.reserved_us); }
  std::string words() const {
    return "my lease is over" + (heir == BrokerId() ? std::string() : "; the next epoch is node " + std::to_string(heir.value()) + "'s");
  }
};
struct Wish {
  BrokerId heir;
  static constexpr MessageKind kKind = MessageKind::kTransfer;
  static constexpr std::string_view kName = "Wish";
  static auto fields(auto& self) { return std::tie(self.heir); }
  std::string words() const { return "hand over to node " + std::to_string(heir.value()); }
};
using Message = std::variant<Prepare, Promise, Accept, Accepted, Refuse, Chosen, Renew, Renewed, Released, Wish>;

}  // namespace paxos

class PaxosElector final : public PeerElector {
 public:
  explicit PaxosElector(PeerConfig config);

  int64_t epoch() const { return lease_epoch_; }

 private:
  enum class Phase : uint8_t { kCalm, kPreparing, kAccepting };
  // Promises and acceptances are ordered by these, across epochs too.
  using Place = std::pair<int64_t, int64_t>;  // epoch, ballot

  void begin() override;
  void step_down() override;
  void heard(BrokerId from, std::string_view message) override;
  void woken() override;
  void lost(BrokerId id) override;
  void hand_over(const TransferTo& wish) override;
  Instant due() const override;

  // The acceptor.
  void on(BrokerId from, const paxos::Prepare& ask);
  void on(BrokerId from, const paxos::Accept& ask);
  void on(BrokerId from, const paxos::Renew& renewal);
  void on(BrokerId from, const paxos::Released& released);
  // The proposer.
  void on(BrokerId from, const paxos::Promise& promise);
  void on(BrokerId from, const paxos::Accepted& accepted);
  void on(BrokerId from, const paxos::Refuse& refusal);
  // The master, and who hears of one.
  void on(BrokerId from, const paxos::Chosen& chosen);
  void on(BrokerId from, const paxos::Renewed& renewed);
  void on(BrokerId from, const paxos::Wish& wish);

  void answer(BrokerId to, const paxos::Message& message);
  void tell_all(const paxos::Message& message) { send_to_all(encode(paxos::kAlgorithm, message)); }
  Duration barred(BrokerId proposer, int64_t epoch) const;
  void refuse(BrokerId to, int64_t epoch, int64_t ballot);
  void grant_lease(int64_t epoch, BrokerId master);
  void try_again_from(Instant at);
  void propose();
  void chosen();
  void become_master(int64_t epoch, Instant lease_from);
  void renew();
  void end_mastership();
  void release(BrokerId heir);
  void transferred_if(BrokerId master);
  void save();

  // As an acceptor; durable.
  Place promised_{0, 0};
  Place accepted_{0, 0};
  BrokerId accepted_value_;
  // Leases that we gave; forgotten by a restart.
  int64_t lease_epoch_ = 0;
  BrokerId lease_master_;
  Instant lease_until_{};
  Instant forgotten_until_{};  // a lease that we do not remember may run until then
  BrokerId heir_;
  Instant reserved_until_{};
  bool restarted_ = false;
  // As a proposer.
  Phase phase_ = Phase::kCalm;
  int64_t epoch_ = 0;
  int64_t ballot_ = 0;
  int64_t round_ = 0;  // of ballots
  BrokerId value_;
  int64_t value_ballot_ = 0;
  std::set<BrokerId> yes_;
  std::set<BrokerId> no_;
  Instant accept_sent_{};
  Instant try_at_ = Instant::never();
  // As the master.
  int64_t mastered_ = 0;  // the epoch, 0: none
  Instant mastered_until_{};
  Instant renew_at_ = Instant::never();
  int64_t renewal_ = 0;
  struct Renewal {
    Instant sent;
    std::set<BrokerId> yes;
  };
  std::map<int64_t, Renewal> renewals_;
  std::optional<TransferTo> transfer_;
  Instant transfer_until_ = Instant::never();
};

}  // namespace baton::election
