#include "controller/election/election_log.h"

#include <utility>

#include "controller/election/catalog.h"
#include "controller/election/request_words.h"

namespace baton::election {

void ElectionLog::told(Instant now, const ElectorEvent& event) {
  if (const auto* received = std::get_if<Received>(&event)) message(now, LogEntry::Kind::kHeard, received->from, received->message);
  if (const auto* proven = std::get_if<DeathProven>(&event); proven != nullptr && dead_.insert(proven->guid).second)
    happened(now, LogEntry::Kind::kLearnt, "learns of a death", std::to_string(proven->id.value()) + " is proven dead");
  if (std::holds_alternative<Yield>(event)) happened(now, LogEntry::Kind::kLearnt, "is to yield");
  if (const auto* wish = std::get_if<TransferTo>(&event))
    happened(now, LogEntry::Kind::kLearnt, "is to hand over", "to " + std::to_string(wish->id.value()));
}

void ElectionLog::decided(Instant now, const ElectorDecision& decision) {
  if (const auto* send = std::get_if<Send>(&decision)) message(now, LogEntry::Kind::kSent, send->to, send->message);
  if (const auto* call = std::get_if<StoreCall>(&decision)) asked(now, call->request);
  // A nomination is told again whenever the list of the dead grows.
  if (std::holds_alternative<Nominated>(decision) && !std::exchange(nominated_, true)) happened(now, LogEntry::Kind::kBecame, "nominated");
  if (std::holds_alternative<Withdrawn>(decision)) {
    nominated_ = false;
    happened(now, LogEntry::Kind::kBecame, "nominated no longer");
  }
  if (const auto* failed = std::get_if<TransferFailed>(&decision))
    happened(now, LogEntry::Kind::kLearnt, "could not hand over", failed->reason);
}

void ElectionLog::decided(Instant now, const ClaimDecision& decision) {
  if (const auto* call = std::get_if<StoreCall>(&decision)) asked(now, call->request);
  if (const auto* ruling = std::get_if<Ruling>(&decision))
    happened(now, LogEntry::Kind::kBecame, "rules", "epoch " + std::to_string(ruling->epoch.value()));
  if (const auto* lost = std::get_if<Lost>(&decision))
    happened(now, LogEntry::Kind::kBecame, "rules no longer", std::string(name_of(lost->reason)));
  if (std::holds_alternative<Abdicated>(decision)) happened(now, LogEntry::Kind::kBecame, "abdicates");
}

void ElectionLog::message(Instant now, LogEntry::Kind kind, BrokerId peer, std::string_view bytes) {
  const auto info = describe_message(bytes);
  if (!info || info->kind == MessageKind::kBeat || info->kind == MessageKind::kAcknowledgement) return;
  asked_.clear();
  keep({now, kind, peer, std::string(bytes), {}, {}});
}

void ElectionLog::asked(Instant now, const store::Request& request) {
  std::string words = words_of(request);
  if (!asked_.insert(words).second) return;
  keep({now, LogEntry::Kind::kAsked, {}, {}, is_read(request) ? "read" : "write", std::move(words)});
}

void ElectionLog::happened(Instant now, LogEntry::Kind kind, std::string name, std::string words) {
  asked_.clear();
  keep({now, kind, {}, {}, std::move(name), std::move(words)});
}

void ElectionLog::keep(LogEntry entry) {
  entries_.push_back(std::move(entry));
  if (entries_.size() > most_) entries_.pop_front();
}

}  // namespace baton::election
