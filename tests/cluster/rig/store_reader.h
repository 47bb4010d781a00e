// Looks into the ZooKeeper of a cluster from outside, with a session of its own. Blocks; throws when nobody answers in time. Not
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "controller/coordination/store.h"

namespace baton::rig {

class StoreReader {
 public:
  // `connect`: as in zookeeper.connect; paths are relative to its chroot.
  explicit StoreReader(const std::string& connect);
  ~StoreReader();

  // None: there is no such node.
  std::optional<store::Stat> find(const std::string& path);
  std::optional<std::string> read(const std::string& path);

 private:
  store::Reply ask(store::Request request, const std::string& path);

  std::unique_ptr<store::Store> store_;
};

}  // namespace baton::rig
