// One elector of five that ask each other, driven by hand: a test gives it what comes and reads what it decides.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "controller/election/catalog.h"

namespace baton::election {

// One elector of five, driven by hand.
class Peer {
 public:
  // One that has no session votes and answers, but does not stand itself.
  explicit Peer(const std::string& elector, std::string state = {}, bool stands = true, int self = 1) {
    ElectorSetup setup;
    setup.self = BrokerId(self);
    for (int id = 1; id <= 5; ++id) setup.voters.push_back({BrokerId(id), 0});
    setup.random = &random_;
    setup.state = std::move(state);
    elector_ = (*find_elector(elector))->make(setup);
    if (stands) give(StoreHappened{store::SessionChanged{store::SessionState::kConnected, 77, std::chrono::seconds(1)}});
    decisions.clear();
  }

  void give(const ElectorEvent& event) {
    for (ElectorDecision& decision : elector_->step(now, event)) decisions.push_back(std::move(decision));
  }
  template <class Messages>
  void hear(int from, char algorithm, const Messages& message) {
    give(Received{BrokerId(from), encode(algorithm, message)});
  }
  template <class Messages>
  std::vector<Messages> said(char algorithm) {
    std::vector<Messages> messages;
    for (const ElectorDecision& decision : decisions) {
      const auto* send = std::get_if<Send>(&decision);
      if (send == nullptr) continue;
      if (auto message = decode<Messages>(algorithm, send->message)) messages.push_back(*message);
    }
    return messages;
  }
  std::optional<Persist> persisted() const {
    std::optional<Persist> last;
    for (const ElectorDecision& decision : decisions) {
      if (const auto* persist = std::get_if<Persist>(&decision)) last = *persist;
    }
    return last;
  }

  template <class Decision>
  size_t count() const {
    return static_cast<size_t>(std::count_if(decisions.begin(), decisions.end(),
                                             [](const ElectorDecision& one) { return std::holds_alternative<Decision>(one); }));
  }
  // Lets time pass, waking it whenever it wants, and makes durable what it asks for.
  void run_for(Duration time) {
    const Instant end = now + time;
    for (;;) {
      if (const auto asked = persisted(); asked && asked->number > durable_) {
        durable_ = asked->number;
        give(Persisted{durable_});
        continue;
      }
      if (elector_->wake_at() > end) break;
      now = std::max(now, elector_->wake_at());
      give(Woken{});
    }
    now = end;
  }

  Instant now{1'000'000'000};
  ElectorDecisions decisions;

 private:
  SeededRandom random_{1};
  std::unique_ptr<Elector> elector_;
  uint64_t durable_ = 0;
};

}  // namespace baton::election
