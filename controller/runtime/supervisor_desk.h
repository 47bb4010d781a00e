// What the supervisors of brokers say to a node, and what it makes of it (R6).
//
// *A death reported* after waitpid is proof, of a life that is registered just so. It comes over a connection that anybody could
// open, so it is believed only once this node hears nothing of that life: while a stream of it stands the report is put aside.
// A dead process's sockets are closed before waitpid returns, so nothing is lost by that, and a mistake kills nobody.
//
// *A kill asked for* is the controller's to grant (decision/kill_grants.h). Where it is the controller that hangs, the first
// standby grants it: only for the very process that it knows as the controller, and only where it has heard nothing of it itself.
// The first standby is the one of the lowest id among those that live, so that all that hold the same image agree.
//
// Pure and single-threaded; one a node.
#pragma once

#include <optional>
#include <vector>

#include "controller/agent/agent.h"
#include "controller/decision/kill_grants.h"
#include "controller/runtime/ruler.h"

namespace baton::node {

class SupervisorDesk {
 public:
  // `quiet`: not heard for so long, a controller has missed one of its pings at least.
  SupervisorDesk(const agent::Agent& agent, BrokerId self, decision::KillGrantsConfig config, Duration quiet);

  static bool serves(const control::Request& request);
  // `ruler`: none where this node does not rule.
  control::Response answer(Instant now, const control::Request& request, const Ruler* ruler);
  // A rule begins.
  void ruling(Instant since) { grants_ = decision::KillGrants(config_, since); }

  struct Reported {
    BrokerId id;
    Incarnation incarnation;
    BrokerEpoch epoch;
    std::string how;
  };
  // Reports that have become proof. To be asked after every event.
  std::vector<Reported> proven(Instant now, const Ruler* ruler);
  // Kills granted since the last question, for the timeline.
  std::vector<Reported> granted() { return std::exchange(granted_, {}); }

 private:
  struct PutAside {
    Reported report;
    Instant until;
  };
  void died(Instant now, const control::BrokerDied& died, const Ruler* ruler, control::Response& response);
  void kill(Instant now, const control::AskToKill& asked, const Ruler* ruler, control::Response& response);
  bool heard_of(const Reported& life, const Ruler* ruler) const;
  const control::Candidate* controller_alone(BrokerId id) const;
  decision::HolderLife holder_alone() const;
  bool may_grant_as_standby(Instant now, const decision::Victim& victim) const;
  decision::KillFacts facts(Instant now, const decision::Victim& victim, BrokerEpoch epoch, const Ruler& ruler) const;
  decision::KillFacts facts(const decision::Victim& victim, BrokerEpoch epoch) const;

  const agent::Agent& agent_;
  BrokerId self_;
  decision::KillGrantsConfig config_;
  Duration quiet_;
  decision::KillGrants grants_;
  std::vector<PutAside> put_aside_;
  std::vector<Reported> granted_;
};

}  // namespace baton::node
