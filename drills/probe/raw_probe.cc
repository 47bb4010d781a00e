#include "drills/probe/raw_probe.h"

#include <poll.h>

#include <algorithm>

#include "base/bytes.h"

namespace baton::drills {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kStuckNs = 20 * kMs;  // without an answer for so long others are asked who leads
constexpr int64_t kAskEveryNs = 1 * kMs;
constexpr int64_t kAskAgainNs = 100 * kMs;  // an answer that has not come by then is not waited for
constexpr int64_t kLingerNs = 500 * kMs;    // after stop()
constexpr size_t kMostInFlight = 20'000;

}  // namespace

void RawProbe::start() {
  for (size_t i = 0; i < options_.bootstrap.size(); ++i) asked_[options_.bootstrap[i]] = std::make_unique<Asked>();
  thread_ = std::thread([this] { run(); });
}

void RawProbe::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void RawProbe::run() {
  next_due_ns_ = clock_.now().ns;
  int64_t end_ns = 0;
  for (;;) {
    int64_t now = clock_.now().ns;
    if (stopping_ && end_ns == 0) end_ns = now + kLingerNs;
    if (end_ns != 0 && (flights_.empty() || now >= end_ns)) break;
    if (end_ns == 0) send_due(now);
    if (unsure(now) && now >= next_ask_ns_) ask_everyone(now);
    poll_once(now);
    handle_answers();
  }
  drop_leader(clock_.now().ns);
}

bool RawProbe::unsure(int64_t now) const {
  if (!lead_.is_open() || refused_) return true;
  return !flights_.empty() && now - flights_.begin()->second.sent_ns > kStuckNs;
}

void RawProbe::send_due(int64_t now) {
  int64_t interval = options_.interval_us * 1000;
  // Without a leader there is nobody to send to; what was due is skipped, and the gap shows it.
  if (!lead_.is_open() || flights_.size() >= kMostInFlight) {
    next_due_ns_ = std::max(next_due_ns_, now);
    return;
  }
  next_due_ns_ = std::max(next_due_ns_, now - 10 * interval);
  while (next_due_ns_ <= now) {
    next_due_ns_ += interval;
    std::string value = options_.name + " " + std::to_string(++sequence_);
    value.resize(std::max(value.size(), options_.record_bytes), ' ');
    int32_t correlation = ++correlation_;
    Flight flight{sequence_, clock_.now().ns};
    lead_.send(wire::produce_request(correlation, options_.topic, options_.partition, options_.acks, 30'000,
                                     wire::record_batch(clock_.wall_ms(), value)));
    flights_[correlation] = flight;
  }
}

void RawProbe::ask_everyone(int64_t now) {
  next_ask_ns_ = now + kAskEveryNs;
  for (auto& [address, asked] : asked_) {
    if (asked->asked_ns != 0 && now - asked->asked_ns < kAskAgainNs) continue;
    if (asked->asked_ns != 0) asked->stream.close();
    asked->asked_ns = 0;
    if (!asked->stream.is_open() && !asked->stream.open(address)) continue;
    asked->stream.send(wire::metadata_request(0, options_.topic));
    asked->asked_ns = now;
  }
}

void RawProbe::poll_once(int64_t now) {
  std::vector<pollfd> entries;
  if (lead_.is_open()) entries.push_back({lead_.fd(), lead_.events(), 0});
  for (auto& [address, asked] : asked_) {
    if (asked->stream.is_open()) entries.push_back({asked->stream.fd(), asked->stream.events(), 0});
  }
  int64_t wake = std::max(next_due_ns_, now);
  if (unsure(now)) wake = std::min(wake, next_ask_ns_);
  if (!lead_.is_open()) wake = std::max(next_ask_ns_, now);
  int64_t wait = std::clamp<int64_t>(wake - clock_.now().ns, 0, kAskEveryNs);
  timespec timeout{0, wait};
  ppoll(entries.data(), entries.size(), &timeout, nullptr);
}

void RawProbe::handle_answers() {
  if (lead_.is_open()) {
    bool good = lead_.pump();
    while (std::optional<std::string_view> frame = lead_.next()) {
      if (frame->size() < 4) continue;
      auto flight = flights_.find(load_be<int32_t>(frame->data()));
      wire::Produced produced;
      if (flight == flights_.end() || !wire::decode_produced(frame->substr(4), produced)) continue;
      refused_ = produced.error != 0;
      settle(flight->second, produced.error, produced.base_offset);
      flights_.erase(flight);
    }
    if (!good) drop_leader(clock_.now().ns);
  }
  for (auto& [address, asked] : asked_) {
    if (!asked->stream.is_open()) continue;
    bool good = asked->stream.pump();
    while (std::optional<std::string_view> frame = asked->stream.next()) {
      asked->asked_ns = 0;
      handle_metadata(*frame);
    }
    if (good) continue;
    asked->stream.close();
    asked->asked_ns = 0;
  }
}

void RawProbe::handle_metadata(std::string_view frame) {
  wire::Metadata metadata;
  if (frame.size() < 4 || !wire::decode_metadata(frame.substr(4), options_.partition, metadata)) return;
  if (!metadata.brokers.empty()) brokers_ = metadata.brokers;
  if (options_.pinned) {
    if (!lead_.is_open()) adopt(*options_.pinned, metadata.leader_epoch);
    return;
  }
  if (metadata.leader < 0 || metadata.leader_epoch < epoch_) return;
  bool news = metadata.leader_epoch > epoch_ || metadata.leader != leader_;
  if (news || !lead_.is_open()) adopt(metadata.leader, metadata.leader_epoch);
}

void RawProbe::adopt(int32_t leader, int32_t epoch) {
  auto address = brokers_.find(leader);
  if (address == brokers_.end()) return;
  drop_leader(clock_.now().ns);
  leader_ = leader;
  epoch_ = epoch;
  leader_now_ = leader;
  epoch_now_ = epoch;
  refused_ = false;
  next_due_ns_ = clock_.now().ns;
  lead_.open(address->second);
}

void RawProbe::drop_leader(int64_t) {
  for (const auto& [correlation, flight] : flights_) settle(flight, kUnanswered, -1);
  flights_.clear();
  lead_.close();
}

void RawProbe::settle(const Flight& flight, int16_t error, int64_t offset) {
  Outcome outcome{flight.sequence, flight.sent_ns, clock_.now().ns, leader_, epoch_, error, offset};
  std::lock_guard lock(mutex_);
  outcomes_.push_back(outcome);
  if (error == 0) ++acknowledged_;
}

std::vector<Outcome> RawProbe::outcomes() const {
  return outcomes_since(0);
}

std::vector<Outcome> RawProbe::outcomes_since(size_t n) const {
  std::lock_guard lock(mutex_);
  return {outcomes_.begin() + static_cast<std::ptrdiff_t>(std::min(n, outcomes_.size())), outcomes_.end()};
}

std::optional<Outcome> RawProbe::first_acknowledged(Instant since, int32_t victim) const {
  std::lock_guard lock(mutex_);
  // From the end: what was sent before `since` lies before in time too, save for what was in flight.
  std::optional<Outcome> first;
  for (auto at = outcomes_.rbegin(); at != outcomes_.rend() && at->done_ns >= since.ns; ++at) {
    if (at->error == 0 && at->sent_ns >= since.ns && at->broker != victim) first = *at;
  }
  return first;
}

RawProbe::Gap RawProbe::longest_gap(Instant from, Instant to) const {
  std::lock_guard lock(mutex_);
  Gap longest;
  int64_t last = 0;
  for (const Outcome& outcome : outcomes_) {
    if (outcome.error != 0) continue;
    const bool within = last != 0 && outcome.done_ns >= from.ns && last <= to.ns;
    if (within && outcome.done_ns - last > longest.ns) longest = {outcome.done_ns - last, Instant{last}};
    last = outcome.done_ns;
  }
  return longest;
}

}  // namespace baton::drills
