#include "broker/supervision/judgement/stall.h"

#include <algorithm>
#include <utility>

namespace baton::supervision {
namespace {

// A thread is looked at before its time is over, so that there is something to compare with when it is.
constexpr int kSuspectedAfterPart = 3;
// Of the time since suspicion arose: so much waiting for cores, by all threads together, makes the process starved.
constexpr int kStarvedPart = 4;
// And so much computing by one that gave no sign of life makes it the one that others wait for.
constexpr int kBusyPart = 4;
// Of the looks: so many with some thread in disk wait make the disk the cause.
constexpr int kDiskPart = 4;

const ThreadSample* find(const std::vector<ThreadSample>& samples, int32_t tid) {
  const auto at = std::find_if(samples.begin(), samples.end(), [&](const ThreadSample& each) { return each.tid == tid; });
  return at == samples.end() ? nullptr : &*at;
}

}  // namespace

std::string_view name_of(Judgement judgement) {
  switch (judgement) {
    case Judgement::kFine:
      return "fine";
    case Judgement::kHung:
      return "hung";
    case Judgement::kDiskWait:
      return "in disk wait";
    case Judgement::kStarved:
      return "starved of CPU, or busy";
    case Judgement::kSlowDisk:
      return "slowed by the disk";
    case Judgement::kLateOurselves:
      return "not known, the look came late";
  }
  return "";
}

Judgement StallJudge::look(Instant now, Instant due, const std::vector<Beat>& beats,
                           const std::function<std::vector<ThreadSample>()>& sample) {
  if (now - due > config_.own_lateness()) {
    not_before_ = now;
    forget();
    about_ = "this look came " + std::to_string((now - due) / std::chrono::milliseconds(1)) + " ms late";
    return Judgement::kLateOurselves;
  }
  std::optional<Beat> latest;
  for (const Beat& beat : beats) {
    const Beat counted{beat.tid, std::max(beat.progress, not_before_)};
    if (!latest || counted.progress < latest->progress) latest = counted;
  }
  if (!latest || now - latest->progress < config_.timeout / kSuspectedAfterPart) {
    forget();
    return Judgement::kFine;
  }
  const std::vector<ThreadSample> samples = sample();
  if (continued(samples)) {
    not_before_ = now;
    forget();
    return Judgement::kFine;
  }
  const bool same = suspect_ && suspect_->tid == latest->tid && suspect_->progress == latest->progress;
  if (!same) {
    suspect_ = latest;
    baseline_ = samples;
    baseline_at_ = now;
    looks_ = looks_with_disk_wait_ = 0;
  }
  ++looks_;
  looks_with_disk_wait_ +=
      std::any_of(samples.begin(), samples.end(), [](const ThreadSample& each) { return each.state == ThreadState::kDiskWait; });
  if (now - suspect_->progress < config_.timeout) return Judgement::kFine;
  return judge(now, beats, samples);
}

bool StallJudge::continued(const std::vector<ThreadSample>& samples) {
  const bool was_stopped = std::exchange(seen_stopped_, std::any_of(samples.begin(), samples.end(), [](const ThreadSample& each) {
                                           return each.state == ThreadState::kStopped;
                                         }));
  return was_stopped && !seen_stopped_;
}

Instant StallJudge::next_look(Instant now) const {
  if (!suspect_) return now + config_.beat_every();
  const Instant regular = now + config_.timeout / 20, over = suspect_->progress + config_.timeout;
  return now < over ? std::min(regular, over) : regular;
}

StallJudge::Evidence StallJudge::weigh(Instant now, const std::vector<Beat>& beats, const std::vector<ThreadSample>& samples) const {
  Evidence evidence;
  const int64_t window_ns = (now - baseline_at_).count();
  for (const ThreadSample& each : samples) {
    const ThreadSample* before = find(baseline_, each.tid);
    if (before == nullptr) continue;
    const int64_t ran = each.run_ns - before->run_ns;
    const int64_t waited = each.wait_ns - before->wait_ns;
    evidence.starved_ns += waited;
    // A wait that has not ended is in no book yet: who is runnable and neither ran nor has waited long is waiting now.
    if (each.state == ThreadState::kRunnable && ran + waited < window_ns / 2) evidence.starved_ns += window_ns - ran - waited;
    if (each.tid != suspect_->tid) {
      const bool beats_on =
          std::any_of(beats.begin(), beats.end(), [&](const Beat& beat) { return beat.tid == each.tid && beat.progress > baseline_at_; });
      if (!beats_on) evidence.others_ran_ns = std::max(evidence.others_ran_ns, ran);
      continue;
    }
    evidence.there = true;
    evidence.state = each.state;
    evidence.run_ns = ran;
    evidence.slices = each.slices - before->slices;
  }
  return evidence;
}

Judgement StallJudge::judge(Instant now, const std::vector<Beat>& beats, const std::vector<ThreadSample>& samples) {
  const Evidence evidence = weigh(now, beats, samples);
  if (!evidence.there) return Judgement::kFine;  // it has ended
  const bool long_ago = now - suspect_->progress >= config_.timeout * kPatience;
  switch (evidence.state) {
    case ThreadState::kStopped:
      return say(Judgement::kHung, now, "is stopped");
    case ThreadState::kDiskWait:
      if (evidence.slices == 0) return say(Judgement::kDiskWait, now, "waits for the disk");
      return say(Judgement::kSlowDisk, now, "waits for the disk again and again");
    case ThreadState::kRunnable:
      if (evidence.run_ns >= config_.timeout.count() * kPatience) return say(Judgement::kHung, now, "computes without end");
      return say(Judgement::kStarved, now, "computes, or waits for a core");
    case ThreadState::kAsleep:
      break;
  }
  if (looks_with_disk_wait_ * kDiskPart >= looks_) return say(Judgement::kSlowDisk, now, "sleeps while others wait for the disk");
  const int64_t window_ns = (now - baseline_at_).count();
  const bool asleep_for_long = long_ago && evidence.slices == 0;
  if (!asleep_for_long && evidence.starved_ns >= window_ns / kStarvedPart)
    return say(Judgement::kStarved, now, "sleeps in a process that waits for cores");
  if (!asleep_for_long && evidence.others_ran_ns >= window_ns / kBusyPart)
    return say(Judgement::kStarved, now, "sleeps while another computes");
  return say(Judgement::kHung, now, "sleeps and is not woken");
}

Judgement StallJudge::say(Judgement judgement, Instant now, std::string_view doing) {
  about_ = "thread " + std::to_string(suspect_->tid) + " " + std::string(doing) + ", without progress for " +
           std::to_string((now - suspect_->progress) / std::chrono::milliseconds(1)) + " ms";
  return judgement;
}

}  // namespace baton::supervision
