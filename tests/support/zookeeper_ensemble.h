// A ZooKeeper of several real servers that elect a leader among themselves, each with its data in a temporary directory. Any of them
// can be killed and started again. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/zookeeper_server.h"

namespace baton::support {

class ZooKeeperEnsemble {
 public:
  // Returns when all of them serve.
  explicit ZooKeeperEnsemble(int servers = 3);

  size_t size() const { return servers_.size(); }
  ZooKeeperServer& server(int index) { return *servers_.at(static_cast<size_t>(index)); }
  // The one that leads now; -1: none does.
  int leader() const;
  // All of them, in one line.
  std::string connect_string() const;

 private:
  std::vector<std::unique_ptr<ZooKeeperServer>> servers_;
};

}  // namespace baton::support
