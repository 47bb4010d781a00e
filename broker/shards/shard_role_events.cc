// Events of roles, one after the other, each in bites: ten thousand logs take seconds to make, and clients of other partitions, and
// followers that fetch, wait for none of them.
#include "broker/shards/replica_fetcher.h"
#include "broker/shards/shard.h"
#include "broker/shards/topic_names_taken.h"
#include "broker/supervision/progress.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

constexpr Duration kBite = std::chrono::milliseconds(10);
// What is small is done in one go, however slow the disk is.
constexpr int kAtLeast = 16;
// The fetchers look at every replica: between bites seldom, so that the last of many costs no more than the first.
constexpr int kRefreshEvery = 32;

bool ends(const control::Role& role) {
  return role.kind() == control::Role::STOP || role.kind() == control::Role::DELETE;
}

TopicPartition partition_of(const control::Role& role) {
  return {TopicId(Uuid::from_bytes(role.topic_id())), PartitionIndex(role.state().index())};
}

}  // namespace

void Shard::apply_roles(std::shared_ptr<const control::Roles> roles, std::shared_ptr<Meeting> meeting) {
  role_events_.push_back({std::move(roles), std::move(meeting), life_, false, 0});
  if (role_events_.size() == 1) work_on_roles();
}

void Shard::work_on_roles() {
  const Instant until = context_.clock.now() + kBite;
  while (!role_events_.empty()) {
    RoleEvent& event = role_events_.front();
    if (!event.begun) begin(event);
    const bool done = take_roles(event, until);
    if (done || ++event.bites % kRefreshEvery == 0) fetchers_->refresh();
    if (!done) return reactor_.post([this] { work_on_roles(); });
    role_events_.pop_front();
  }
}

void Shard::begin(RoleEvent& event) {
  event.begun = true;
  first_acknowledgements_.roles_come(ControllerEpoch(event.roles->controller_epoch()), event.roles->delta(), event.roles->complete());
  end_roles(*event.roles);
  // Called off: the process ends, and nothing begins any more.
  if (event.meeting && !event.meeting->attend()) event.next = event.roles->roles_size();
}

// Every role may have ended meanwhile (stop_roles): what was given to that life is not taken in the next, whose roles come with its
// own registration.
bool Shard::take_roles(RoleEvent& event, Instant until) {
  const auto& roles = event.roles->roles();
  int taken = 0;
  while (event.next < roles.size()) {
    if (event.life != life_) return true;
    supervision::still_working();
    const control::Role& role = roles[event.next++];
    if (ends(role) || !owns(partition_of(role))) continue;
    take_role(role);
    if (++taken >= kAtLeast && context_.clock.now() >= until) return event.next == roles.size();
  }
  return true;
}

void Shard::end_roles(const control::Roles& roles) {
  if (roles.complete()) stop_unnamed(roles);
  for (const control::Role& role : roles.roles()) {
    if (ends(role) && owns(partition_of(role))) give_up(partition_of(role), role.kind() == control::Role::DELETE);
  }
  fetchers_->refresh();
}

}  // namespace baton
