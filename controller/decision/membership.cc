#include "controller/decision/membership.h"

#include <algorithm>

#include "base/mutants.h"

namespace baton::decision {

void Membership::load(const Loaded& loaded, Instant now) {
  members_.clear();
  proven_dead_ = loaded.proven_dead;
  for (const BrokerSeen& seen : loaded.brokers) see(seen, now);
  for (const Mark& mark : loaded.marks) {
    auto found = members_.find(mark.id);
    if (found != members_.end()) found->second.removed = mark.incarnation;
  }
}

void Membership::see(const BrokerSeen& seen, Instant now) {
  auto [at, fresh] = members_.try_emplace(seen.registration.id);
  Member& member = at->second;
  const bool another = fresh || member.registered.incarnation != seen.registration.incarnation;
  if (another) {
    const Incarnation removed = member.removed;
    member = Member{};
    member.removed = removed;
    member.last_heard = now;
    member.id_missing_since = now;
    member.proven = proven_dead_.contains(seen.registration.incarnation) && seen.registration.life == Life::kLive;
  }
  const bool silent = seen.registration.life == Life::kTombstoneSilent && !proven_dead_.contains(seen.registration.incarnation);
  if (silent && (another || member.registered.life != Life::kTombstoneSilent)) {
    // A tombstone that this controller did not see confirmed can not be dated: count from first sight of it (R4.3).
    member.may_act_until = now + config_.lease + config_.drift;
  }
  if (member.id_present && !seen.id_present) member.id_missing_since = now;
  // The same incarnation under a new epoch would be a node written by somebody else: its stream has to say hello again.
  if (member.registered.epoch != seen.registration.epoch) member.streaming = false;
  member.id_present = seen.id_present;
  member.registered = seen.registration;
}

void Membership::stream_opened(const StreamOpened& opened) {
  auto found = members_.find(opened.id);
  if (found == members_.end() || found->second.registered.epoch != opened.epoch) return;
  found->second.streaming = true;
  found->second.leaving |= opened.leaving;
  found->second.replicas.clear();
  found->second.clean.clear();
  for (const CleanRun& run : opened.clean) found->second.clean.insert(run.topic, run.first, run.count);
  for (const VouchedReplica& replica : opened.replicas) {
    if (replica.dirty) {
      found->second.clean.erase(replica.key);
      found->second.replicas[replica.key] = {replica, Refusal::kNone};
    } else {
      found->second.clean.insert(replica.key);
    }
  }
}

void Membership::stream_lost(const StreamLost& lost) {
  auto found = members_.find(lost.id);
  if (found == members_.end() || found->second.registered.epoch != lost.epoch) return;
  found->second.streaming = false;
  found->second.last_heard = lost.last_heard;
}

void Membership::death_proven(Incarnation incarnation) {
  proven_dead_.insert(incarnation);
  for (auto& [id, member] : members_) {
    if (member.registered.incarnation != incarnation) continue;
    if (member.registered.life == Life::kLive) member.proven = true;
    member.may_act_until = Instant{};
    member.streaming = false;
  }
}

void Membership::set_leaving(BrokerId id, BrokerEpoch epoch) {
  auto found = members_.find(id);
  if (found != members_.end() && found->second.registered.epoch == epoch) found->second.leaving = true;
}

void Membership::refused(const VouchedReplica& replica, BrokerId id, bool elected_as_dirty) {
  auto found = members_.find(id);
  if (found == members_.end()) return;
  found->second.clean.erase(replica.key);
  found->second.replicas[replica.key] = {replica, elected_as_dirty ? Refusal::kOutright : Refusal::kAsClean};
}

void Membership::entered_isr(const PartitionKey& key, BrokerId id) {
  auto found = members_.find(id);
  if (found == members_.end() || !is_ready(found->second)) return;
  found->second.clean.insert(key);
  if (!found->second.replicas.empty()) found->second.replicas.erase(key);
}

std::vector<Tombstone> Membership::due_tombstones(Instant now) const {
  std::vector<Tombstone> due;
  for (const auto& [id, member] : members_) {
    if (member.registered.life != Life::kLive) continue;
    const bool silent = !member.proven && now >= silent_at(member);
    if (!member.proven && !silent) continue;
    due.push_back(
        {id, member.registered.incarnation, member.registered.version, member.proven ? Life::kTombstoneProven : Life::kTombstoneSilent});
  }
  return due;
}

bool Membership::must_resign(Instant now) const {
  int registered = 0;
  int heard = 0;
  bool burying = false;
  for (const auto& [id, member] : members_) {
    if (!is_live(member)) continue;
    const bool silent = now >= silent_at(member);
    burying |= silent && member.id_present;
    if (!member.id_present) continue;
    ++registered;
    if (member.streaming && !quiet_.contains(id)) ++heard;
  }
  return !BATON_MUTANT(buries_when_cut_off) && burying && heard * 2 <= registered;
}

void Membership::tombstone_confirmed(const Tombstone& tombstone, Instant now) {
  Member& member = members_.at(tombstone.id);
  if (member.registered.incarnation != tombstone.incarnation) return;
  member.registered.life = tombstone.life;
  member.registered.version = member.registered.version.next();
  member.streaming = false;
  member.id_present = false;
  // Proven meanwhile: nothing to wait for. Else count from this confirmation, not from when it was asked for.
  const bool silent = tombstone.life == Life::kTombstoneSilent && !proven_dead_.contains(tombstone.incarnation);
  member.may_act_until = silent ? now + config_.lease + config_.drift : Instant{};
  member.proven = false;
}

std::vector<PutMark> Membership::due_marks(Instant now, const std::map<BrokerId, int32_t>& roles) const {
  std::vector<PutMark> due;
  for (const auto& [id, member] : members_) {
    const Incarnation former = to_be_removed(member);
    if (former.is_none() || former == member.removed) continue;
    if (now < member.may_act_until && !BATON_MUTANT(mark_before_lease_end)) continue;
    auto held = roles.find(id);
    if (held != roles.end() && held->second > 0) continue;
    due.push_back({id, former});
  }
  return due;
}

void Membership::mark_confirmed(const PutMark& mark) {
  members_.at(mark.id).removed = mark.incarnation;
}

ReplicaStanding Membership::standing(const PartitionKey& key, BrokerId id, Instant now) const {
  ReplicaStanding standing;
  const Member* member = find(id);
  if (member == nullptr) return standing;
  standing.member = is_ready(*member);
  standing.may_still_act = !standing.member && now < member->may_act_until;
  standing.streaming = standing.member && member->streaming;
  standing.electable = standing.streaming && !member->leaving;
  standing.clean = member->clean.contains(key);
  auto replica = member->replicas.empty() ? member->replicas.end() : member->replicas.find(key);
  if (replica != member->replicas.end()) {
    const auto& [vouched, refusal] = replica->second;
    standing.clean = !vouched.dirty;
    standing.last_epoch = vouched.last_epoch;
    standing.end_offset = vouched.end_offset;
    standing.refused = refusal != Refusal::kNone;
    standing.electable &= refusal != Refusal::kOutright;
  }
  return standing;
}

BrokerEpoch Membership::member_epoch(BrokerId id) const {
  const Member* member = find(id);
  return member != nullptr && is_ready(*member) && !member->leaving ? member->registered.epoch : BrokerEpoch();
}

bool Membership::electable(BrokerId id) const {
  const Member* member = find(id);
  return member != nullptr && is_ready(*member) && member->streaming && !member->leaving;
}

bool Membership::live(BrokerId id) const {
  const Member* member = find(id);
  return member != nullptr && is_live(*member);
}

bool Membership::ready(BrokerId id) const {
  const Member* member = find(id);
  return member != nullptr && is_ready(*member);
}

bool Membership::streaming(BrokerId id) const {
  const Member* member = find(id);
  return member != nullptr && member->streaming;
}

const Registration* Membership::registration(BrokerId id) const {
  const Member* member = find(id);
  return member == nullptr ? nullptr : &member->registered;
}

std::vector<BrokerId> Membership::ids() const {
  std::vector<BrokerId> ids;
  ids.reserve(members_.size());
  for (const auto& [id, member] : members_) ids.push_back(id);
  return ids;
}

const std::string& Membership::rack(BrokerId id) const {
  static const std::string none;
  const Member* member = find(id);
  return member == nullptr ? none : member->registered.rack;
}

Instant Membership::next_deadline(Instant now) const {
  Instant next = Instant::never();
  for (const auto& [id, member] : members_) {
    // What is past is due already: the next confirmation or event takes it up.
    if (is_live(member) && silent_at(member) > now) next = std::min(next, silent_at(member));
    if (member.may_act_until > now) next = std::min(next, member.may_act_until);
  }
  return next;
}

std::string Membership::how_known(BrokerId id) const {
  const Member* member = find(id);
  if (member == nullptr) return "unknown";
  if (member->registered.life == Life::kLive && !member->proven) return "registration";
  const bool proven = member->proven || member->registered.life == Life::kTombstoneProven;
  return proven ? "proof" : "silence";
}

bool Membership::is_live(const Member& member) const {
  return member.registered.life == Life::kLive && (!member.proven || BATON_MUTANT(deaths_one_by_one));
}

bool Membership::is_ready(const Member& member) const {
  if (!is_live(member)) return false;
  if (BATON_MUTANT(bounce_unseen)) return true;
  return member.registered.predecessor.is_none() || member.removed == member.registered.predecessor;
}

Incarnation Membership::to_be_removed(const Member& member) const {
  return member.registered.life == Life::kLive ? member.registered.predecessor : member.registered.incarnation;
}

Instant Membership::silent_at(const Member& member) const {
  if (!member.streaming) {
    const Instant by_stream = member.last_heard + config_.control_timeout;
    if (member.id_present) return by_stream;
    return std::min(by_stream, std::max(member.id_missing_since, member.last_heard) + config_.session_grace);
  }
  // A stream but no session: it is alive and recreates its node; only a cut-off from the store lasts longer.
  return member.id_present ? Instant::never() : member.id_missing_since + config_.control_timeout;
}

const Membership::Member* Membership::find(BrokerId id) const {
  auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

}  // namespace baton::decision
