#include "broker/handlers/gather.h"

namespace baton {
namespace {

struct Gathering {
  Gathering(Services& of, int home, Task then) : services(of), home_shard(home), done(std::move(then)) {}
  Services& services;
  int home_shard;
  std::vector<std::vector<PartitionTask>> by_shard;
  Task done;
};

void visit(const std::shared_ptr<Gathering>& gathering, size_t shard) {
  while (shard < gathering->by_shard.size() && gathering->by_shard[shard].empty()) ++shard;
  if (shard == gathering->by_shard.size()) {
    return gathering->services.shards.run_on(gathering->home_shard, [gathering] { gathering->done(); });
  }
  gathering->services.shards.run_on(static_cast<int>(shard), [gathering, shard] {
    for (auto& task : gathering->by_shard[shard]) task.run(gathering->services.shards.at(shard));
    visit(gathering, shard + 1);
  });
}

}  // namespace

void gather(Services& services, int home_shard, std::vector<PartitionTask> tasks, Task done) {
  auto gathering = std::make_shared<Gathering>(services, home_shard, std::move(done));
  gathering->by_shard.resize(services.shards.size());
  for (auto& task : tasks) {
    auto shard = static_cast<size_t>(services.shards.shard_of(task.partition));
    gathering->by_shard[shard].push_back(std::move(task));
  }
  visit(gathering, 0);
}

}  // namespace baton
