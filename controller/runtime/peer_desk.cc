#include "controller/runtime/peer_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error_code.h"
#include "base/logging.h"
#include "controller/runtime/election_memory.h"

namespace baton::node {
namespace {

std::vector<VoterAddress> without(std::vector<VoterAddress> voters, BrokerId self) {
  std::erase_if(voters, [self](const VoterAddress& voter) { return voter.id == self; });
  return voters;
}

}  // namespace

PeerDesk::PeerDesk(PeerDeskConfig config) : config_(std::move(config)), links_(without(config_.voters, config_.self), config_.patience) {}

bool PeerDesk::is_voter(BrokerId id) const {
  return std::any_of(config_.voters.begin(), config_.voters.end(), [id](const VoterAddress& voter) { return voter.id == id; });
}

control::Request PeerDesk::addressed() const {
  control::Request request;
  control::ElectorMessage& message = *request.mutable_elector_message();
  message.set_from(config_.self.value());
  message.set_incarnation(std::string(incarnation_.raw()));
  message.set_cluster_id(cluster_id_);
  message.set_elector(config_.elector);
  return request;
}

void PeerDesk::say(Instant now, BrokerId to, std::string message, Effects& out) {
  if (cluster_id_.empty()) return;
  control::Request request = addressed();
  request.mutable_elector_message()->set_message(std::move(message));
  links_.send(now, to, std::move(request), out);
}

election::DeathProven PeerDesk::over(BrokerId id, const Incarnation& incarnation) {
  over_.insert(incarnation);
  const auto life = lives_.find(id);
  const bool lives_on = life != lives_.end() && life->second != incarnation;
  return {incarnation.to_string(), lives_on ? BrokerId() : id};
}

void PeerDesk::spread(Instant now, BrokerId id, const Incarnation& incarnation, Effects& out) {
  if (cluster_id_.empty() || !is_voter(id)) return;
  for (const VoterAddress& voter : config_.voters) {
    if (voter.id == config_.self || voter.id == id) continue;
    control::Request request = addressed();
    control::ProvenDeath& death = *request.mutable_elector_message()->mutable_death();
    death.set_id(id.value());
    death.set_incarnation(std::string(incarnation.raw()));
    links_.send(now, voter.id, std::move(request), out);
  }
}

std::string PeerDesk::refusal(const control::ElectorMessage& message) const {
  if (cluster_id_.empty()) return "this process does not know its cluster yet";
  if (message.cluster_id() != cluster_id_) {
    return fmt::format("candidate {} stands in cluster {}, this one in {}: see zookeeper.connect and controller.quorum.voters of both",
                       message.from(), message.cluster_id(), cluster_id_);
  }
  if (message.elector() != config_.elector) {
    return fmt::format("candidate {} elects by {}, this one by {}: controller.election must be the same for all", message.from(),
                       message.elector(), config_.elector);
  }
  if (BrokerId(message.from()) == config_.self) return fmt::format("two processes say that they are candidate {}", message.from());
  if (!is_voter(BrokerId(message.from()))) {
    return fmt::format("candidate {} is no voter here: controller.quorum.voters must be the same for all", message.from());
  }
  return {};
}

std::optional<PeerDesk::Heard> PeerDesk::take(Instant now, StreamId stream, const control::Request& request, Effects& out) {
  const control::ElectorMessage& message = request.elector_message();
  control::Frame answer;
  answer.mutable_response()->set_correlation(request.correlation());
  const std::string why_not = refusal(message);
  if (!why_not.empty()) {
    if (!cluster_id_.empty() && first_time(why_not)) log::warn("not heard: {}", why_not);
    answer.mutable_response()->set_error(static_cast<int32_t>(cluster_id_.empty() ? ErrorCode::kNone : ErrorCode::kInvalidRequest));
    answer.mutable_response()->set_message(why_not);
  }
  out.push_back(Send{stream, std::move(answer)});
  const Incarnation incarnation{Uuid::from_bytes(message.incarnation())};
  if (!why_not.empty() || over_.contains(incarnation)) return std::nullopt;
  const BrokerId from(message.from());
  Incarnation& life = lives_[from];
  if (life != incarnation) over_.insert(std::exchange(life, incarnation));  // it speaks no more under the former name
  links_.heard_from(now, from, out);
  if (message.has_death()) return Heard{from, {}, message.death()};
  return Heard{from, message.message(), std::nullopt};
}

void PeerDesk::answered(StreamId stream, const control::Response& response) {
  links_.answered(stream, response.correlation());
  if (response.error() == 0) return;
  const std::string what = fmt::format("candidate {} does not hear this one: {}", links_.peer_of(stream).value(), response.message());
  if (first_time(what)) log::warn("{}", what);
}

std::string PeerDesk::remembered(const std::string& state) const {
  control::ElectionMemory memory;
  memory.set_cluster_id(cluster_id_);
  memory.set_elector(config_.elector);
  for (const VoterAddress& voter : config_.voters) memory.add_voters(voter.id.value());
  memory.set_state(state);
  return to_file(memory);
}

}  // namespace baton::node
