#include "controller/election/lease_record.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "controller/coordination/paths.h"

namespace baton::election {

using store::StoreError;

std::string LeaseElector::Record::print() const {
  return "holder=" + holder + "\nheir=" + heir + "\nrenewals=" + std::to_string(renewals) + "\n";
}

std::optional<LeaseElector::Record> LeaseElector::Record::parse(const std::string& data) {
  const auto field = [&data](std::string_view name) -> std::string_view {
    const size_t at = data.find(std::string(name) + "=");
    if (at == std::string::npos) return {};
    const size_t from = at + name.size() + 1;
    return std::string_view(data).substr(from, data.find('\n', from) - from);
  };
  Record record{std::string(field("holder")), std::string(field("heir")), 0};
  const std::string_view digits = field("renewals");
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), record.renewals);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return record;
}

LeaseElector::LeaseElector(LeaseOptions options, Random& random)
    : StandingElector(ElectionTiming{options.retry_period, options.duration, options.retry_period}, random),
      options_(std::move(options)),
      next_call_(options_.first_call) {
  BATON_ASSERT(!options_.guid.empty());
  BATON_ASSERT(options_.retry_period < options_.renew_deadline && options_.renew_deadline < options_.duration);
}

void LeaseElector::ask(Call call, store::Request request) {
  call_ = call;
  pending_ = next_call_++;
  asked_at_ = now_;
  say(StoreCall{pending_, std::move(request)});
}

void LeaseElector::read() {
  if (session() == 0 || call_ != Call::kNone || (!standing() && !giving_up_)) return;
  read_at_ = Instant::never();
  ask(Call::kRead, store::Get{paths::kElectionLease, false});
}

void LeaseElector::step_down() {
  if (session() == 0) {
    pending_ = 0;
    call_ = Call::kNone;
  }
  // The record says for how long others wait; given up, they need not.
  giving_up_ = holding_ && session() != 0;
  lose();
  if (heir_) over(false, "this candidate stands no longer");
  if (giving_up_) read();
}

void LeaseElector::lose() {
  holding_ = false;
  withdraw();
}

Instant LeaseElector::due() const {
  return holding_ ? std::min(read_at_, renewed_at_ + options_.renew_deadline) : read_at_;
}

void LeaseElector::woken() {
  if (holding_ && now_ >= renewed_at_ + options_.renew_deadline) lose();
  if (now_ >= read_at_) {
    read_at_ = Instant::never();
    read();
  }
}

void LeaseElector::replied(const StoreReplied& reply) {
  if (reply.call != pending_ || pending_ == 0) return;
  pending_ = 0;
  const Call call = std::exchange(call_, Call::kNone);
  read_at_ = now_ + options_.retry_period + jitter(options_.retry_period / 5);
  const StoreError error = reply.reply.error;
  if (error == StoreError::kSessionExpired || error == StoreError::kClosed || error == StoreError::kConnectionLoss) return;
  if (call == Call::kRead) {
    seen(reply.reply);
  } else {
    written(call, reply.reply);
  }
}

void LeaseElector::seen(const store::Reply& reply) {
  if (reply.error == StoreError::kNoNode) {
    giving_up_ = false;
    if (standing()) ask(Call::kCreate, store::Multi{{store::Create{paths::kElectionLease, Record{options_.guid, {}, 0}.print()}}});
    return;
  }
  if (!reply.ok()) return;
  const Record record = Record::parse(reply.data).value_or(Record{});
  if (record_ != record || version_ != reply.stat.version) unchanged_since_ = now_;
  record_ = record;
  version_ = reply.stat.version;
  const bool ours = record.holder == options_.guid;
  if (std::exchange(giving_up_, false)) {
    if (ours) write(Call::kGiveUp, Record{{}, {}, record.renewals});
    return;
  }
  if (!ours && holding_) lose();
  if (ours && !record.heir.empty() && record.heir != options_.guid) return write(Call::kGiveUp, Record{{}, record.heir, record.renewals});
  if (heir_) return write(Call::kName, Record{ours ? std::string() : record.holder, heir_->guid, record.renewals});
  if (ours) return write(Call::kRenew, Record{options_.guid, {}, record.renewals + 1});
  const bool free = record.holder.empty() && (record.heir.empty() || record.heir == options_.guid);
  if (free || run_out()) write(Call::kTake, Record{options_.guid, {}, record.renewals + 1});
}

void LeaseElector::write(Call call, Record record) {
  ask(call, store::Multi{{store::SetData{paths::kElectionLease, record.print(), version_}}});
  // Given up before it can be another's: the heir may hear of this write before we do.
  if (record.holder != options_.guid) lose();
  wanted_ = std::move(record);
}

void LeaseElector::written(Call call, const store::Reply& reply) {
  if (!reply.ok()) {
    // Somebody else was quicker: look at once who.
    return read();
  }
  if (call == Call::kCreate) {
    record_ = Record{options_.guid, {}, 0};
    version_ = StoreVersion(0);
  } else {
    record_ = std::exchange(wanted_, std::nullopt);
    version_ = reply.results.front().stat.version;
  }
  unchanged_since_ = now_;
  if (call == Call::kName || call == Call::kGiveUp) {
    if (heir_) over(true, "");
    return;
  }
  if (standing()) renewed();
}

// Counted from the sending: the record may have been written that early.
void LeaseElector::renewed() {
  renewed_at_ = asked_at_;
  if (now_ >= renewed_at_ + options_.renew_deadline) return;
  holding_ = true;
  nominate();
}

void LeaseElector::died(const DeathProven& proven) {
  dead_ = proven.guid;
  if (record_ && record_->holder == dead_) read();
}

void LeaseElector::transfer(const TransferTo& wish) {
  heir_ = wish;
  if (holding_ && wish.guid == options_.guid) return over(true, "");
  read();
}

void LeaseElector::over(bool transferred, const std::string& why) {
  if (!heir_) return;
  const std::string guid = std::exchange(heir_, std::nullopt)->guid;
  if (transferred) {
    say(Transferred{guid});
  } else {
    say(TransferFailed{why});
  }
}

// The record names another process now, and runs out like a stranger's.
void LeaseElector::renamed(const Rename& rename) {
  options_.guid = rename.guid;
  lose();
}

}  // namespace baton::election
