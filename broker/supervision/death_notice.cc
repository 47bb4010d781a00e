#include "broker/supervision/death_notice.h"

#include "base/logging.h"
#include "controller/messages/control.pb.h"

namespace baton::supervision {
namespace {

// A controller that has just died itself is followed by one that must read the store before it can take anything.
constexpr Duration kAgainAfter = std::chrono::milliseconds(50);
// Then silence has told of the death, or the broker is back, which tells it too.
constexpr Duration kNewsFor = std::chrono::seconds(5);

}  // namespace

void DeathNotice::begin(Instant now, const Board& board, const std::string& how) {
  inquiry_.give_up();
  const auto life = board.life.read();
  const auto candidates = board.candidates.read();
  open_ = life && candidates;
  if (!open_) return;
  life_ = *life;
  to_ = addresses_of(*candidates, life_.broker_id);
  how_ = how;
  until_ = now + kNewsFor;
  ask(now);
}

void DeathNotice::close() {
  open_ = false;
  inquiry_.give_up();
}

void DeathNotice::ask(Instant now) {
  control::Request request;
  request.set_correlation(1);
  control::BrokerDied& died = *request.mutable_broker_died();
  died.set_broker_id(life_.broker_id);
  died.set_incarnation(std::string(life_.incarnation, sizeof life_.incarnation));
  died.set_broker_epoch(life_.broker_epoch);
  died.set_cluster_id(life_.cluster_id.str());
  died.set_how(how_);
  inquiry_.put(to_, request);
  again_at_ = now + kAgainAfter;
}

void DeathNotice::look(Instant now) {
  if (!open_) return;
  for (const control::Response& answer : inquiry_.take_answers()) {
    if (answer.error() != 0 || !answer.broker_died().by_controller()) continue;
    log::info("the controller knows that broker {} of epoch {} is dead", life_.broker_id, life_.broker_epoch);
    return close();
  }
  if (now >= until_) return close();
  if (now >= again_at_) ask(now);
}

}  // namespace baton::supervision
