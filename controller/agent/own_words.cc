#include "controller/agent/own_words.h"

namespace baton::agent {

void OwnWords::add(const control::StoppedLeading& words) {
  for (const control::Stopped& stopped : words.partitions()) {
    const PartitionKey key{TopicId(Uuid::from_bytes(stopped.topic_id())), stopped.partition()};
    const auto held = words_.find(key);
    if (held == words_.end() || held->second.leader_epoch() <= stopped.leader_epoch()) words_[key] = stopped;
  }
}

void OwnWords::settle(const Image& image) {
  if (!image.known()) return;
  std::erase_if(words_, [&](const auto& word) {
    const auto epochs = image.partitions().epochs(word.first);
    return !epochs || epochs->first.value() > word.second.leader_epoch();
  });
}

}  // namespace baton::agent
