// The stage of a transcript about who rules: candidates by letter, one store, requests and answers that can be lost.
//
// Whenever the world finds two rulers of one epoch, or an epoch that falls, that is told as BROKEN, which no transcript may hold.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/controller/election/world.h"
#include "tests/support/transcript.h"

namespace baton::election {

class Stage {
 public:
  // Runs the world until it stands still, and says what came of it.
  Result<std::string> carry_out(const std::string& command);

 private:
  using Words = support::Words;
  Result<std::string> perform(const std::string& verb, Words& words);
  Result<std::string> about_process(const std::string& verb, const std::string& name, Words& words);
  // What the next request of this kind meets: `claim` or `enlist`.
  Result<std::string> lose(Words& words);
  // A write that only the ruler may do, under the epoch that it took.
  std::string write(const std::string& name);
  std::string look();
  std::string tell();

  World world_;
  std::map<std::string, StoreVersion> rules_under_;  // the epoch's version, of whoever rules by its own belief
  std::set<std::string> paused_;
  size_t told_violations_ = 0;
};

}  // namespace baton::election
