// Bully: the highest that answers leads, and who comes back high takes over.
//
// Source: H. Garcia-Molina, "Elections in a Distributed Computing System", IEEE Transactions on Computers C-31(1), 1982.
//
// Who misses the leader asks all that rank above it (Election). If one answers (Answer), it goes on from there: it asks those above
// itself in turn. If none answers in time, the asker is the highest alive and tells everybody (Coordinator). A node that returns asks
// likewise, and being the highest it takes over from a healthy leader: hence the name.
//
// Assumes: messages arrive in time and nobody is slow, that is, silence means death. A returning node knows everybody's rank.
// Costs: between one question (the next highest notices) and (n-1)^2 questions and answers (the lowest does, of n with the leader dead);
// then one announcement to each. Detection aside, two message delays and a time-out.
// Breaks by itself: in a partition every part elects its highest; a node that is slow for longer than a time-out leads beside the one
// that was elected meanwhile; a high node that comes and goes takes the lead each time.
#pragma once

#include "controller/election/ranked_elector.h"

namespace baton::election {

namespace bully {

inline constexpr char kAlgorithm = 'B';

struct Election {
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Election";
  static auto fields(auto&) { return std::tie(); }
  static std::string words() { return "you rank above me: do you live?"; }
};
struct Answer {
  static constexpr MessageKind kKind = MessageKind::kElection;
  static constexpr std::string_view kName = "Answer";
  static auto fields(auto&) { return std::tie(); }
  static std::string words() { return "I live and rank above you: leave it to me"; }
};
using Message = std::variant<Election, Answer>;

}  // namespace bully

class BullyElector final : public RankedElector {
 public:
  using RankedElector::RankedElector;

 private:
  enum class Phase : uint8_t { kCalm, kAsking, kWaiting };

  void start_election() override;
  void stop_election() override;
  void came(BrokerId from, std::string_view message) override;
  void election_woken() override;
  Instant election_due() const override { return until_; }
  void announce() override;
  void peer_lost(BrokerId id) override;
  bool tolerates(BrokerId leader) const override { return ranks_above(leader, self()); }
  bool looks_before_it_calls() const override { return false; }

  void on(BrokerId from, const bully::Election&);
  void on(BrokerId from, const bully::Answer&);

  Phase phase_ = Phase::kCalm;
  BrokerId answered_;  // who goes on from there
  Instant until_ = Instant::never();
};

}  // namespace baton::election
