#include "controller/election/hirschberg_sinclair.h"

namespace baton::election {

namespace {
constexpr int32_t kPhaseMax = 62;  // 2^62 is further than any ring reaches
}  // namespace

void HirschbergSinclairElector::pass(bool onward, const hirschberg_sinclair::Message& message) {
  RingWalk::pass(onward ? Direction::kOnward : Direction::kBackward, encode(hirschberg_sinclair::kAlgorithm, message));
}

void HirschbergSinclairElector::start_election() {
  take_part();
  phase_ = 0;
  probe();
}

void HirschbergSinclairElector::probe() {
  replied_[0] = replied_[1] = false;
  const int32_t phase = phase_;
  for (bool onward : {true, false}) {
    // A ring of one: the first probe has come round already.
    if (leading() || !taking_part() || phase != phase_) return;
    pass(onward, hirschberg_sinclair::Probe{self(), phase, 1, onward});
  }
}

void HirschbergSinclairElector::came_by(std::string_view message) {
  const auto known = decode<hirschberg_sinclair::Message>(hirschberg_sinclair::kAlgorithm, message);
  if (known) std::visit([this](const auto& one) { on(one); }, *known);
}

void HirschbergSinclairElector::on(const hirschberg_sinclair::Probe& probe) {
  if (!is_voter(probe.id) || probe.phase < 0 || probe.phase > kPhaseMax || probe.hops < 0) return;
  if (probe.id == self()) {
    if (standing() && taking_part() && !leading()) become_leader();
    return;
  }
  if (leading()) return tell(probe.id, ranked::Beat{});
  if (standing() && ranks_above(self(), probe.id)) {
    if (!taking_part()) start_election();
    return;
  }
  if (!taking_part()) take_part();
  if (probe.hops < int64_t{1} << probe.phase) {
    pass(probe.onward, hirschberg_sinclair::Probe{probe.id, probe.phase, probe.hops + 1, probe.onward});
  } else {
    pass(!probe.onward, hirschberg_sinclair::Reply{probe.id, probe.phase, 1, !probe.onward});
  }
}

void HirschbergSinclairElector::on(const hirschberg_sinclair::Reply& reply) {
  if (reply.hops < 0 || reply.hops > hops_max()) return;
  if (reply.id != self()) {
    pass(reply.onward, hirschberg_sinclair::Reply{reply.id, reply.phase, reply.hops + 1, reply.onward});
    return;
  }
  if (!taking_part() || leading() || reply.phase != phase_) return;
  replied_[reply.onward ? 0 : 1] = true;
  if (!replied_[0] || !replied_[1]) return;
  ++phase_;
  probe();
}

}  // namespace baton::election
