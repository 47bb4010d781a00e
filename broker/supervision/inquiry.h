// One question to several control listeners at once, none of which may be waited for: a process that hangs accepts connections
// and never answers. A connection and a frame each, driven by the supervisor's one poll.
//
// Host names are looked up when the question is put, which may block; the supervisor then takes itself for late, and no harm
// is done. Not thread-safe.
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/network/socket.h"
#include "broker/supervision/board.h"

namespace baton::control {
class Request;
class Response;
}  // namespace baton::control

namespace baton::supervision {

// Of the board's candidates, all but the broker itself.
std::vector<network::Address> addresses_of(const CandidatesOnBoard& candidates, int32_t own_id);

class Inquiry {
 public:
  Inquiry();
  ~Inquiry();
  Inquiry(Inquiry&&) noexcept;
  Inquiry& operator=(Inquiry&&) noexcept;

  // Replaces what was asked before.
  void put(const std::vector<network::Address>& to, const control::Request& request);
  void give_up();
  // Somebody may still answer.
  bool open() const;
  // Adds what is to be polled; then handle() gets the same entries back.
  void add_to(std::vector<pollfd>& entries) const;
  void handle(const std::vector<pollfd>& entries);
  // Answers that have come since the last question.
  std::vector<control::Response> take_answers();

 private:
  struct Call;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<control::Response> answers_;
};

}  // namespace baton::supervision
