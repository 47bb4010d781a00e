// Where hand-overs of the rule are asked for: by an operator, or by the priority of a candidate that could rule better. Finds the
// heir, carries the hand-over (election/handover.h) through with what the node gives it, and answers whoever asked, also after our
// rule has ended.
//
// Pure; single-threaded. Part of the node, which tells it what elector, claim and ruler say.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error_code.h"
#include "controller/agent/events.h"
#include "controller/election/handover.h"
#include "controller/election/preference.h"

namespace baton::node {

class Ruler;

class TransferDesk {
 public:
  // What a hand-over wants of the node.
  struct Orders {
    std::function<void(const std::string& guid, BrokerId id)> turn_queue;
    std::function<void(bool)> hold;
    std::function<void()> give_up;
  };
  TransferDesk(election::HandoverOptions handover, election::PreferenceOptions preference, Orders orders)
      : handover_(handover), preference_(preference), orders_(std::move(orders)) {}

  // REQUIRES: the ruler has loaded.
  void asked(Instant now, StreamId stream, const control::Request& request, const Ruler& ruler, Effects& out);
  void describe(Instant now, StreamId stream, const control::Request& request, const Ruler& ruler, Effects& out);
  // Is there a candidate that should rule instead? Cheap enough to be asked after every event.
  void prefer(Instant now, const Ruler& ruler, Effects& out);
  void tell(Instant now, const election::HandoverEvent& event, Effects& out);
  // Who rules, as far as we know; again and again.
  void seen(Instant now, BrokerId id, ControllerEpoch epoch, const std::string& guid, Effects& out);
  // Whoever asked is gone.
  void closed(StreamId stream);
  void woken(Instant now, Effects& out);

  // The highest that has been seen().
  ControllerEpoch epoch() const { return epoch_; }
  bool holding() const { return handover_.holding(); }
  // `ruling`: by a ruler that has loaded.
  Instant wake_at(bool ruling) const;

 private:
  // Who waits for the outcome of the hand-over that is under way.
  struct Asker {
    StreamId stream = 0;
    uint64_t correlation = 0;
  };

  void begin(Instant now, const election::Standing& heir, const Ruler& ruler, Effects& out);
  void over(Instant now, const election::HandoverOver& outcome, Effects& out);
  void answer(Asker to, control::Response response, ControllerEpoch epoch, Effects& out);
  void refuse(Asker to, ErrorCode error, std::string why, ControllerEpoch epoch, Effects& out);

  election::Handover handover_;
  election::Preference preference_;
  Orders orders_;
  std::optional<Asker> asker_;
  BrokerId heir_;
  BrokerId self_;
  std::string heir_guid_;
  BrokerId ruler_;  // as last seen
  ControllerEpoch epoch_;
  Instant began_{};
  Instant judged_at_{};
  Instant judge_at_ = Instant::never();  // when time alone may change who is preferred
  Instant prefer_from_{};                // not before: a hand-over that failed is not repeated at once
};

}  // namespace baton::node
