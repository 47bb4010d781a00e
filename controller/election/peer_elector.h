// What electors that ask each other have in common: a fixed list of voters, and promises that are durable before anything rests on them.
//
// The list of voters is configuration and never what happens to be alive: a majority of the living is no majority. Whoever does not
// stand still answers and votes where its algorithm says so.
//
// Under another name a process is another candidate: it gives up what it won under the former one, of which others may already have a
// proof that it is over.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "controller/election/standing_elector.h"

namespace baton::election {

struct Voter {
  BrokerId id;
  int32_t priority = 0;  // ranks before the id where an algorithm ranks
};

struct PeerConfig {
  BrokerId self;
  std::vector<Voter> voters;  // self among them; their order is the ring's
  ElectionTiming timing;
  Random* random = nullptr;  // outlives the elector
  std::string state;         // what was last persisted; empty at the very first start
};

class PeerElector : public StandingElector {
 public:
  explicit PeerElector(PeerConfig config);

 protected:
  virtual void heard(BrokerId from, std::string_view message) = 0;
  virtual void lost(BrokerId id) = 0;  // its process is gone for good
  virtual void hand_over(const TransferTo& wish) = 0;

  void send(BrokerId to, std::string message) { emit(Send{to, std::move(message)}); }
  void send_to_all(const std::string& message);
  // Whatever is emitted from here on waits until this is durable.
  void persist(std::string state);

  BrokerId self() const { return config_.self; }
  const std::vector<Voter>& voters() const { return config_.voters; }
  const std::string& state_at_start() const { return config_.state; }
  bool is_voter(BrokerId id) const { return priorities_.contains(id); }
  size_t majority() const { return config_.voters.size() / 2 + 1; }
  // Proven dead, and not heard since.
  bool is_gone(BrokerId id) const { return gone_.contains(id); }
  // How many that live come before us in the ring of voters behind this one. All hear of a death at once: who is next acts, the others
  // give it time, so that they do not get into each other's way.
  int64_t turn_after(BrokerId id) const;
  // Of `a` over `b`, by priority, then by id.
  bool outranks(BrokerId a, BrokerId b) const;

 private:
  struct Held {
    ElectorDecision decision;
    uint64_t needs = 0;  // the state that must be durable first
  };

  void received(BrokerId from, std::string_view message) final;
  void died(const DeathProven& proven) final;
  void transfer(const TransferTo& wish) final;
  void renamed(const Rename& rename) final;
  void persisted(uint64_t number) final;
  void emit(ElectorDecision decision) final;
  bool forget_held_nomination() final;
  bool notices_silence_of_store() const final { return false; }

  const PeerConfig config_;
  std::map<BrokerId, int32_t> priorities_;
  std::set<BrokerId> gone_;
  std::deque<Held> held_;
  uint64_t asked_ = 0;    // the number of the last Persist
  uint64_t durable_ = 0;  // of the last Persisted
};

}  // namespace baton::election
