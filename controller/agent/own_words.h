// R4.2: this broker's own words, "stopped at leader epoch e, end offset x", and who has caught up to x since. A word is final
// for e. It is repeated to each new controller until the image shows a higher leader epoch, or the topic is gone. Pure.
#pragma once

#include "controller/agent/roles.h"

namespace baton::agent {

class OwnWords {
 public:
  // Said again at the same epoch, it replaces what was said: more have caught up.
  void add(const control::StoppedLeading& words);
  // Drops the words that a controller has answered.
  void settle(const Image& image);
  // A new incarnation has no words: its predecessor's death has answered them.
  void clear() { words_.clear(); }

  const std::map<PartitionKey, control::Stopped>& words() const { return words_; }

 private:
  std::map<PartitionKey, control::Stopped> words_;
};

}  // namespace baton::agent
