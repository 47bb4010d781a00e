// A three-broker cluster of this program's own, started by the built `baton` command before the first test and gone after
// the last. Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace baton::clients {

class Cluster {
 public:
  Cluster();
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const std::string& bootstrap() const { return bootstrap_; }
  const std::string& id() const { return id_; }
  int controller() const { return controller_; }
  void create_topic(const std::string& name, int partitions);

 private:
  // The command's standard output; none, and a failure of the test, when it fails.
  std::optional<std::string> baton(std::vector<std::string> arguments);

  support::TempDir directory_;
  std::string bootstrap_;
  std::string id_;
  int controller_ = -1;
};

// The cluster of this program. REQUIRES: a test is running.
Cluster& cluster();

}  // namespace baton::clients
