// The stage of a transcript: a controller, brokers in their lives, and a store that confirms at once or when it is told to. Each
// command of stage.cc is an event for the controller, or time that passes.
//
// Broker N's first life is N, its second N + 10, and so on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/controller/decision/harness.h"
#include "tests/controller/decision/transcripts/narrator.h"
#include "tests/support/transcript.h"

namespace baton::decision {

class Stage {
 public:
  Result<std::string> carry_out(const std::string& command);

 private:
  using Words = support::Words;
  using Outcome = Result<std::string>;

  Outcome perform(const std::string& verb, Words& words);
  Outcome set_up(Words& words);
  Outcome change_controller(Words& words);
  Outcome about_store(const std::string& verb, Words& words);
  Outcome about_broker(const std::string& verb, Words& words);
  Outcome about_topic(const std::string& verb, Words& words);
  Outcome about_leader(const std::string& verb, Words& words);
  Outcome about_move(const std::string& verb, Words& words);
  Outcome about_load(const std::string& verb, Words& words);

  // Everything that follows from the event, and from the confirmations that it leads to where the store is prompt.
  std::string feed(const Event& event);
  std::string narrate(const Decisions& decisions);
  std::string confirm_all();
  std::string pass(Duration time);
  // To the next moment at which the controller wants to be woken and then does something.
  std::string wait();

  std::vector<VouchedReplica> held(Words& words) const;
  Event word_of(int id, const PartitionRecord& of, Words& words) const;
  Event isr_request(int id, const PartitionRecord& of, Words& words);
  std::optional<PartitionRecord> find(const std::string& partition) const;
  BrokerEpoch epoch(int id) const { return BrokerEpoch(100 + lives_.at(id)); }
  PartitionChoice choice(const std::string& partition) const;
  std::string show(const std::string& partition) const;

  std::unique_ptr<World> world_;
  ControllerConfig config_;
  std::optional<Write> pending_;
  bool prompt_ = true;
  Instant wake_at_ = Instant::never();
  std::map<int, int> lives_;
  std::map<BrokerId, Incarnation> marks_;
  std::map<TopicId, std::string> names_;  // also of topics that are gone
  RequestId request_ = 0;
};

}  // namespace baton::decision
