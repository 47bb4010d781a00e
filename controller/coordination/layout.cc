#include "controller/coordination/layout.h"

#include "controller/coordination/paths.h"

namespace baton::store {

std::vector<Request> layout_requests() {
  std::vector<Request> requests;
  for (const char* path :
       {paths::kElection, paths::kCandidates, paths::kBrokers, paths::kBrokerEpochs, paths::kBrokerIds, paths::kBrokersRemoved,
        paths::kBrokerLeases, paths::kMetadata, paths::kPages, paths::kTopics, paths::kCluster}) {
    requests.emplace_back(Multi{{Create{path, {}, NodeKind::kPersistent}}});
  }
  return requests;
}

}  // namespace baton::store
