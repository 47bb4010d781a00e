#include "broker/shards/topic_names_taken.h"

#include <set>

#include "controller/messages/control.pb.h"

namespace baton {

void TopicNamesTaken::take(const std::string& name, const TopicId& id) {
  std::lock_guard lock(mutex_);
  names_[name] = id;
}

bool TopicNamesTaken::pass_on(const control::Roles& roles) {
  std::lock_guard lock(mutex_);
  bool passed = false;
  for (const control::Role& role : roles.roles()) {
    if (role.kind() == control::Role::STOP || role.kind() == control::Role::DELETE) continue;
    const auto id = TopicId(Uuid::from_bytes(role.topic_id()));
    auto [taken, fresh] = names_.try_emplace(role.topic(), id);
    if (fresh || taken->second == id) continue;
    taken->second = id;
    passed = true;
  }
  return passed;
}

void TopicNamesTaken::free(const control::Roles& roles) {
  std::set<TopicId> gone;
  for (const control::Role& role : roles.roles()) {
    if (role.kind() == control::Role::DELETE) gone.insert(TopicId(Uuid::from_bytes(role.topic_id())));
  }
  if (gone.empty()) return;
  std::lock_guard lock(mutex_);
  std::erase_if(names_, [&](const auto& each) { return gone.contains(each.second); });
}

bool Meeting::attend() {
  std::unique_lock lock(mutex_);
  if (--missing_ == 0) changed_.notify_all();
  changed_.wait(lock, [this] { return missing_ == 0 || off_; });
  return missing_ == 0;
}

void Meeting::call_off() {
  std::lock_guard lock(mutex_);
  off_ = true;
  changed_.notify_all();
}

}  // namespace baton
