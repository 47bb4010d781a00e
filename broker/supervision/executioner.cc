#include "broker/supervision/executioner.h"

#include <algorithm>

#include "base/logging.h"
#include "controller/messages/control.pb.h"

namespace baton::supervision {
namespace {

// Whoever answers does so within a round trip; a process that hangs never does. Who is refused again and again asks less often.
constexpr Duration kAskAgainFirst = std::chrono::milliseconds(40);
constexpr Duration kAskAgainMost = std::chrono::milliseconds(200);

// The broker itself among them: where one of its shards hangs, it may still be the controller that decides about it.
std::vector<network::Address> all_candidates(const Board& board) {
  const auto candidates = board.candidates.read();
  return candidates ? addresses_of(*candidates, -1) : std::vector<network::Address>{};
}

}  // namespace

bool Executioner::may_kill(Instant now, const Board& board, const std::string& why) {
  if (asking_ && granted(now, board)) return true;
  if (asking_ && now - asked_at_ < again_after_) return false;
  ask(now, board, why);
  return false;
}

void Executioner::ask(Instant now, const Board& board, const std::string& why) {
  const auto life = board.life.read();
  if (!life) return;
  if (!asking_) log::warn("the broker hangs: {}; asking whether it may be killed", why);
  control::Request request;
  request.set_correlation(1);
  control::AskToKill& asked = *request.mutable_ask_to_kill();
  asked.set_broker_id(life->broker_id);
  asked.set_incarnation(std::string(life->incarnation, sizeof life->incarnation));
  asked.set_broker_epoch(life->broker_epoch);
  asked.set_cluster_id(life->cluster_id.str());
  asked.set_why(why);
  again_after_ = asking_ ? std::min(again_after_ * 2, kAskAgainMost) : kAskAgainFirst;
  asking_ = true;
  asked_at_ = now;
  inquiry_.put(all_candidates(board), request);
}

bool Executioner::granted(Instant now, const Board& board) {
  for (const control::Response& answer : inquiry_.take_answers()) {
    const control::KillAnswer& kill = answer.kill_answer();
    if (answer.error() == 0 && kill.granted()) {
      if (now < asked_at_ + std::chrono::milliseconds(kill.valid_ms())) return true;
      log::warn("the leave to kill the broker came too late");
      call_off(board);
      return false;
    }
    if (answer.error() != 0 || kill.why() == last_refusal_) continue;
    last_refusal_ = kill.why();
    log::warn("the broker may not be killed: {}", last_refusal_);
  }
  return false;
}

void Executioner::call_off(const Board& board) {
  if (!asking_) return;
  asking_ = false;
  last_refusal_.clear();
  inquiry_.give_up();
  const auto life = board.life.read();
  if (!life) return;
  control::Request request;
  request.set_correlation(1);
  request.mutable_return_kill()->set_broker_id(life->broker_id);
  request.mutable_return_kill()->set_incarnation(std::string(life->incarnation, sizeof life->incarnation));
  inquiry_.put(all_candidates(board), request);
}

}  // namespace baton::supervision
