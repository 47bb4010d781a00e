// Reads what the store says of every broker, and reads it again whenever a watch fires: /brokers/epochs/N with its version
// and zxid, and whether /brokers/ids/N is there. Also the list of candidates. Pure: store calls out, replies in.
//
// A reading is fed on only when it differs from the last one, so that a herd of watches costs one event.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/coordination/store.h"
#include "controller/decision/events.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

// Submits a store call whose reply comes back to the continuation, unless this rule has ended by then.
using AskStore = std::function<void(store::Request, std::function<void(const store::Reply&)>)>;

struct BrokerReading {
  control::Registration record;
  store::Stat stat;
  bool id_present = false;
  friend bool operator==(const BrokerReading& a, const BrokerReading& b) {
    return a.stat == b.stat && a.id_present == b.id_present && a.record.broker_id() == b.record.broker_id();
  }
};

class BrokerReader {
 public:
  struct Listener {
    std::function<void(BrokerId, const BrokerReading&)> broker;
    std::function<void()> settled;  // nothing is being read any more
    std::function<void()> candidates;
  };

  BrokerReader(AskStore ask, Listener listener) : ask_(std::move(ask)), listener_(std::move(listener)) {}

  void read_all();
  void read(BrokerId id);
  void read_candidates();
  // True when the watch was one of ours.
  bool watch_fired(const store::WatchFired& fired);
  bool settled() const { return outstanding_ == 0; }
  // A reply was lost with the connection: read_all() is due once it is back.
  bool incomplete() const { return incomplete_; }

  const std::map<BrokerId, BrokerReading>& brokers() const { return brokers_; }
  // First to last, as they stand in the queue.
  const std::vector<control::Candidate>& candidates() const { return candidates_; }

 private:
  void counted(store::Request request, std::function<void(const store::Reply&)> then);
  void read_registration(BrokerId id);

  AskStore ask_;
  Listener listener_;
  int outstanding_ = 0;
  bool incomplete_ = false;
  std::map<BrokerId, BrokerReading> brokers_;
  std::vector<control::Candidate> candidates_;
};

}  // namespace baton::node
