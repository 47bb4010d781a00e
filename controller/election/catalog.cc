#include "controller/election/catalog.h"

#include <algorithm>
#include <utility>

#include "controller/election/bully.h"
#include "controller/election/enrolled_elector.h"
#include "controller/election/herd.h"
#include "controller/election/hirschberg_sinclair.h"
#include "controller/election/lease_record.h"
#include "controller/election/paxos.h"
#include "controller/election/raft.h"
#include "controller/election/ring.h"
#include "controller/election/zookeeper_elector.h"

namespace baton::election {
namespace {

PeerConfig peers(const ElectorSetup& setup) {
  return PeerConfig{setup.self, setup.voters, setup.timing, setup.random, setup.state};
}

template <class Kind>
std::unique_ptr<Elector> make_peer(const ElectorSetup& setup) {
  return std::make_unique<Kind>(peers(setup));
}

std::unique_ptr<Elector> make_queue(const ElectorSetup& setup) {
  ZooKeeperElectorOptions options;
  options.first_call = setup.first_call;
  options.guid = setup.guid;
  options.data = setup.data;
  return std::make_unique<ZooKeeperElector>(std::move(options));
}

std::unique_ptr<Elector> make_herd(const ElectorSetup& setup) {
  return std::make_unique<HerdElector>(HerdOptions{setup.first_call, setup.guid, setup.timing, setup.timing.answer}, *setup.random);
}

// The lease lasts as long as a silent leader is trusted; it gives up after two thirds of that, as client-go's defaults do (15 s, 10 s).
std::unique_ptr<Elector> make_lease(const ElectorSetup& setup) {
  LeaseOptions options;
  options.first_call = setup.first_call;
  options.guid = setup.guid;
  options.duration = setup.timing.suspect;
  options.renew_deadline = setup.timing.suspect * 2 / 3;
  options.retry_period = std::min(setup.timing.beat, setup.timing.suspect / 4);
  return std::make_unique<LeaseElector>(std::move(options), *setup.random);
}

}  // namespace

const std::vector<ElectorKind>& elector_kinds() {
  static const std::vector<ElectorKind> kinds = {
      {"zookeeper", "a queue of ephemeral nodes, each watches the one before it", false, false, false, false, make_queue},
      {"herd", "one ephemeral node that all watch", false, false, false, false, make_herd},
      {"bully", "the highest that answers leads, and takes over when it returns", true, false, false, false, make_peer<BullyElector>},
      {"ring", "only the highest name comes round the ring (Chang and Roberts)", true, false, false, false, make_peer<RingElector>},
      {"hirschberg-sinclair", "on the ring, each conquers its neighbourhood first", true, false, false, false,
       make_peer<HirschbergSinclairElector>},
      {"raft", "a majority's votes in a term, with pre-vote and a leader's lease", true, true, true, true, make_peer<RaftElector>},
      {"paxos", "a decree for each epoch, with a master's lease", true, true, true, true, make_peer<PaxosElector>},
      {"lease", "a record in the store that is compared and set", false, false, true, false, make_lease},
  };
  return kinds;
}

Result<const ElectorKind*> find_elector(std::string_view name, const std::vector<ElectorKind>& kinds) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [name](const ElectorKind& kind) { return kind.name == name; });
  if (found != kinds.end()) return &*found;
  std::string known;
  for (const ElectorKind& kind : kinds) known += (known.empty() ? "" : ", ") + std::string(kind.name);
  return fail(ErrorCode::kInvalidConfig, "there is no elector '" + std::string(name) + "': take one of " + known);
}

std::unique_ptr<Elector> make_enrolled(const ElectorKind& kind, const ElectorSetup& setup) {
  if (kind.name == "zookeeper") return kind.make(setup);
  ZooKeeperElectorOptions roll;
  roll.first_call = setup.first_call;
  roll.guid = setup.guid;
  roll.data = setup.data;
  ElectorSetup inner = setup;
  inner.first_call = setup.first_call + (uint64_t{1} << 48);
  return std::make_unique<EnrolledElector>(std::move(roll), kind.make(inner), inner.first_call);
}

std::optional<MessageInfo> describe_message(std::string_view bytes) {
  // One envelope a hop, as the ring puts it on; whoever puts more into each other says nothing.
  if (const auto hop = walk::unwrap(bytes)) bytes = hop->inner;
  if (auto info = describe<ranked::Message>(ranked::kAlgorithm, bytes)) return info;
  if (auto info = describe<bully::Message>(bully::kAlgorithm, bytes)) return info;
  if (auto info = describe<walk::Message>(walk::kAlgorithm, bytes)) return info;
  if (auto info = describe<ring::Message>(ring::kAlgorithm, bytes)) return info;
  if (auto info = describe<hirschberg_sinclair::Message>(hirschberg_sinclair::kAlgorithm, bytes)) return info;
  if (auto info = describe<raft::Message>(raft::kAlgorithm, bytes)) return info;
  return describe<paxos::Message>(paxos::kAlgorithm, bytes);
}

}  // namespace baton::election
