#include "controller/runtime/broker_reader.h"

#include <charconv>
#include <memory>
#include <optional>

#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::node {
namespace {

std::optional<BrokerId> number_after(const std::string& path, const std::string& parent) {
  if (path.size() <= parent.size() + 1 || path.compare(0, parent.size(), parent) != 0) return std::nullopt;
  int32_t number = 0;
  const char* begin = path.data() + parent.size() + 1;
  const auto [end, error] = std::from_chars(begin, path.data() + path.size(), number);
  if (error != std::errc() || end != path.data() + path.size()) return std::nullopt;
  return BrokerId(number);
}

bool lost(const store::Reply& reply) {
  return reply.error != store::StoreError::kOk && reply.error != store::StoreError::kNoNode;
}

}  // namespace

void BrokerReader::counted(store::Request request, std::function<void(const store::Reply&)> then) {
  ++outstanding_;
  ask_(std::move(request), [this, then = std::move(then)](const store::Reply& reply) {
    --outstanding_;
    if (lost(reply)) {
      incomplete_ = true;
    } else {
      then(reply);
    }
    if (outstanding_ == 0) listener_.settled();
  });
}

void BrokerReader::read_all() {
  incomplete_ = false;
  counted(store::Children{paths::kBrokerEpochs, true}, [this](const store::Reply& reply) {
    for (const std::string& name : reply.children) {
      if (auto id = number_after("/" + name, "")) read(*id);
    }
  });
  read_candidates();
}

void BrokerReader::read(BrokerId id) {
  auto reading = std::make_shared<BrokerReading>();
  counted(store::Exists{paths::broker_id(id), true}, [reading](const store::Reply& reply) { reading->id_present = reply.ok(); });
  // Answers come in the order of the questions, so the presence is known by then.
  counted(store::Get{paths::broker_epoch(id), true}, [this, id, reading](const store::Reply& reply) {
    if (!reply.ok() || !reading->record.ParseFromString(reply.data) || reading->record.broker_id() != id.value()) return;
    reading->stat = reply.stat;
    auto [at, fresh] = brokers_.try_emplace(id, *reading);
    if (!fresh && at->second == *reading) return;
    at->second = *reading;
    listener_.broker(id, *reading);
  });
}

void BrokerReader::read_candidates() {
  counted(store::Children{paths::kCandidates, true}, [this](const store::Reply& reply) {
    const std::vector<election::Candidate> queue = election::queue_of(reply.children, {});
    auto found = std::make_shared<std::vector<control::Candidate>>();
    auto left = std::make_shared<size_t>(queue.size());
    if (queue.empty() && !candidates_.empty()) {
      candidates_.clear();
      listener_.candidates();
    }
    // Answers come in the order of the questions, so they are found in the queue's.
    for (const election::Candidate& one : queue) {
      counted(store::Get{one.path, false}, [this, found, left](const store::Reply& each) {
        control::Candidate candidate;
        if (each.ok() && candidate.ParseFromString(each.data)) found->push_back(std::move(candidate));
        if (--*left > 0) return;
        candidates_ = std::move(*found);
        listener_.candidates();
      });
    }
  });
}

bool BrokerReader::watch_fired(const store::WatchFired& fired) {
  if (fired.path == paths::kBrokerEpochs) {
    read_all();
    return true;
  }
  if (fired.path == paths::kCandidates) {
    read_candidates();
    return true;
  }
  for (const char* parent : {paths::kBrokerEpochs, paths::kBrokerIds}) {
    if (auto id = number_after(fired.path, parent)) {
      read(*id);
      return true;
    }
  }
  return false;
}

}  // namespace baton::node
