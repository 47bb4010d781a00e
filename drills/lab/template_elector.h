// Write your own elector: copy these two files, change the rule, add a line to electors.cc. It then runs in the lab, in the diagrams and
// in the contract suite like those that ship.
//
// The rule here: everybody says every beat that it lives, and the lowest that was heard not long ago leads. (The literature calls such
// an oracle Omega.) It costs n(n-1) messages each beat and no election at all; in a partition each part has its own lowest.
#pragma once

#include <map>

#include "controller/election/peer_codec.h"
#include "controller/election/peer_elector.h"

namespace baton::lab {

struct Alive {
  static constexpr election::MessageKind kKind = election::MessageKind::kBeat;
  static constexpr std::string_view kName = "Alive";
  static auto fields(auto&) { return std::tie(); }
  static std::string words() { return "I live and I stand"; }
};
using TemplateMessage = std::variant<Alive>;
inline constexpr char kTemplate = 'T';

class TemplateElector final : public election::PeerElector {
 public:
  using election::PeerElector::PeerElector;

 private:
  void begin() override;
  void step_down() override { beat_at_ = Instant::never(); }
  void heard(BrokerId from, std::string_view message) override;
  void lost(BrokerId id) override;
  void hand_over(const election::TransferTo& wish) override;
  void woken() override;
  Instant due() const override { return beat_at_; }

  Instant beat_at_ = Instant::never();
  Instant lead_from_{};               // not before the others had time to be heard
  std::map<BrokerId, Instant> seen_;  // when each was last heard
};

}  // namespace baton::lab
