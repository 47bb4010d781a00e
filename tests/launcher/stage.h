// A stage for the launcher: a tree (its path holds blanks) with the real `baton` and nothing else, and a PATH of stand-ins
// for what it calls (dpkg-query, apt-get, cmake, ninja, ctest, …), which note that they were called. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace baton::launcher {

struct Outcome {
  int code = -1;
  std::string output;  // both streams
};

class Stage {
 public:
  Stage();

  // Puts a shell script into PATH, in place of what was there. It may call the tools that `baton` itself needs.
  void stand_in(const std::string& name, const std::string& script);
  void take_away(const std::string& name);
  void write(const std::string& path_in_tree, const std::string& text);
  bool exists(const std::string& path_in_tree) const;

  // The launcher, started from a directory outside of the tree. `environment` is all it gets beside PATH and HOME.
  Outcome run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {});
  // The same as an ordinary user, whoever runs the test.
  Outcome run_unprivileged(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {});
  // A line for each call of a stand-in that says `note`: its name and its arguments.
  std::string calls() const;
  std::string elsewhere() const;

 private:
  Outcome start(std::vector<std::string> argv, const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment);

  support::TempDir directory_;
  std::string tree_ = directory_ / "a tree with blanks";
  std::string bin_ = directory_ / "bin";
};

}  // namespace baton::launcher
