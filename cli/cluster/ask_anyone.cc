#include <poll.h>

#include <algorithm>
#include <vector>

#include "cli/client/control_client.h"
#include "cli/cluster/process.h"
#include "cli/cluster/status.h"

namespace baton::cluster {
namespace {

// The kernel answers for a process that is stopped, until its listener's queue is full.
constexpr std::chrono::milliseconds kConnectWithin(200);
// After the first answer: on a busy machine another may be late by some tens of milliseconds.
constexpr std::chrono::milliseconds kStragglers(300);

class Round {
 public:
  Round(const Description& description, client::Deadline deadline) : deadline_(deadline) {
    for (const BrokerEntry* entry : description.processes()) {
      if (!alive(entry->process)) continue;
      ++asked_;
      auto connection = client::Connection::open({"127.0.0.1", entry->control_port}, std::min(deadline, client::after(kConnectWithin)));
      control::Request question;
      question.mutable_query_status();
      if (connection && client::send_question(*connection, std::move(question), deadline)) waiting_.push_back(std::move(*connection));
    }
  }

  std::optional<control::Status> best() {
    while (!waiting_.empty() && !enough() && std::chrono::steady_clock::now() < deadline_) take_what_is_there();
    return std::move(best_);
  }

 private:
  static auto rank(const control::Status& status) { return std::pair(status.controller_epoch(), is_controller(status)); }
  static bool is_controller(const control::Status& status) { return status.node_id() == status.controller_id(); }

  // A deposed controller may not know it yet, so its own word is not enough.
  bool enough() const { return best_ && is_controller(*best_) && agreeing_ * 2 > asked_; }

  void take_what_is_there() {
    std::vector<pollfd> ready;
    for (const client::Connection& each : waiting_) ready.push_back({each.fd(), POLLIN, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
    if (poll(ready.data(), ready.size(), static_cast<int>(std::max<int64_t>(0, left))) <= 0) return;
    for (size_t i = ready.size(); i-- > 0;) {
      if (ready[i].revents == 0) continue;
      auto answer = client::receive_answer(waiting_[i], deadline_);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      if (answer && answer->has_status()) take(std::move(*answer->mutable_status()));
    }
  }

  void take(control::Status status) {
    if (!best_) deadline_ = std::min(deadline_, client::after(kStragglers));
    if (!best_ || status.controller_epoch() > best_->controller_epoch()) agreeing_ = 0;
    if (!best_ || status.controller_epoch() >= best_->controller_epoch()) ++agreeing_;
    if (!best_ || rank(status) > rank(*best_)) best_ = std::move(status);
  }

  client::Deadline deadline_;
  size_t asked_ = 0;
  size_t agreeing_ = 0;  // with the best answer, on the controller's epoch
  std::vector<client::Connection> waiting_;
  std::optional<control::Status> best_;
};

}  // namespace

std::optional<control::Status> ask_anyone(const Description& description, std::chrono::milliseconds at_most) {
  return Round(description, client::after(at_most)).best();
}

}  // namespace baton::cluster
