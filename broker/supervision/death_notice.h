// R6: the report of a broker's death to every process that may be the controller, repeated until the one that rules has taken it,
// or for as long as it is news. REQUIRES: waitpid has returned; then the kernel has closed all that the process had.
//
// Not thread-safe.
#pragma once

#include "broker/supervision/inquiry.h"

namespace baton::supervision {

class DeathNotice {
 public:
  // A life that never registered has nobody to tell: over at once.
  void begin(Instant now, const Board& board, const std::string& how);
  // It is no news any more.
  void close();
  bool open() const { return open_; }
  void look(Instant now);
  // When look() is due.
  Instant wake_at() const { return open_ ? again_at_ : Instant::never(); }
  Inquiry& inquiry() { return inquiry_; }

 private:
  void ask(Instant now);

  bool open_ = false;
  Instant again_at_{};
  Instant until_{};
  LifeOnBoard life_;
  std::vector<network::Address> to_;
  std::string how_;
  Inquiry inquiry_;
};

}  // namespace baton::supervision
