// Asks whether the broker may be killed, of every process that may be the controller, and says when it may: while a grant is
// good, which is counted from before it was asked for. Asks again as long as it is wanted; a grant that is not used is returned.
//
// Not thread-safe.
#pragma once

#include <string>

#include "broker/supervision/inquiry.h"

namespace baton::supervision {

class Executioner {
 public:
  // The broker hangs at this look. True: kill it now, at once.
  bool may_kill(Instant now, const Board& board, const std::string& why);
  // It does not hang.
  void call_off(const Board& board);
  bool asking() const { return asking_; }
  Inquiry& inquiry() { return inquiry_; }

 private:
  void ask(Instant now, const Board& board, const std::string& why);
  bool granted(Instant now, const Board& board);

  bool asking_ = false;
  Instant asked_at_{};
  Duration again_after_{};
  Inquiry inquiry_;
  std::string last_refusal_;
};

}  // namespace baton::supervision
