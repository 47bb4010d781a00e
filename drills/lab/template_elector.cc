#include "drills/lab/template_elector.h"

#include <algorithm>

namespace baton::lab {

// The right to stand has begun: a session is there, and no back-off runs.
void TemplateElector::begin() {
  beat_at_ = now_;
  lead_from_ = now_ + timing_.beat * 2;
}

void TemplateElector::heard(BrokerId from, std::string_view message) {
  if (election::decode<TemplateMessage>(kTemplate, message)) seen_[from] = now_;
}

// The instant that due() asked for has come.
void TemplateElector::woken() {
  beat_at_ = now_ + timing_.beat;
  send_to_all(election::encode(kTemplate, TemplateMessage(Alive{})));
  if (now_ < lead_from_) return;
  const bool lower_lives = std::any_of(seen_.begin(), seen_.end(),
                                       [this](const auto& one) { return one.first < self() && now_ - one.second < timing_.suspect; });
  if (lower_lives) {
    withdraw();
  } else {
    nominate();
  }
}

void TemplateElector::lost(BrokerId id) {
  seen_.erase(id);
}

// A rule that is blind to wishes says so.
void TemplateElector::hand_over(const election::TransferTo& wish) {
  say(election::TransferFailed{wish.guid + " can not be preferred: the lowest leads"});
}

}  // namespace baton::lab
