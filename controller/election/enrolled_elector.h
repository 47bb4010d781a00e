// Any elector on top of the roll of candidates: what a node runs when another than the queue elects.
//
// Everything around an election looks at /election/candidates: who stands, under which address and priority, who is watched for proof of
// death, whose /controller the dead left. So every candidate enrols there as before, by the queue's own elector; only the queue's order
// means nothing, and its nominations are not heard. Those of the other elector are, and get what the claim wants to know: our own node on
// the roll, and all on it that are proven dead.
//
// Observing the whole roll wakes every candidate at each change. There are few, and they change seldom.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/election/zookeeper_elector.h"

namespace baton::election {

class EnrolledElector final : public Elector {
 public:
  // `roll.first_call` numbers the roll's calls; `elector`'s begin at `elector_calls`, above all of those.
  EnrolledElector(ZooKeeperElectorOptions roll, std::unique_ptr<Elector> elector, uint64_t elector_calls);

  ElectorDecisions step(Instant now, const ElectorEvent& event) override;
  Instant wake_at() const override;

 private:
  void tell_roll(const ElectorEvent& event);
  void tell_elector(const ElectorEvent& event);
  void nominate();

  ZooKeeperElector roll_;
  std::unique_ptr<Elector> elector_;
  const uint64_t elector_calls_;
  std::string guid_;
  Instant now_;
  ElectorDecisions out_;
  bool begun_ = false;
  bool observing_ = false;              // asked of us
  std::vector<Candidate> queue_;        // the roll, as last seen
  std::set<std::string> dead_;          // GUIDs
  std::optional<Nomination> proposed_;  // by the elector
  std::optional<Nomination> told_;
};

}  // namespace baton::election
