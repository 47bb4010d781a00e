// /metadata/failovers, read once when a rule begins and written beside everything else: under the same check of the
// controller's epoch as every write of the door, but in a multi of its own that nothing waits for. What goes wrong here is told
// in the log and loses history only. Pure.
#pragma once

#include <functional>
#include <string>

#include "controller/runtime/broker_reader.h"
#include "controller/runtime/door.h"
#include "controller/runtime/flight_recorder.h"

namespace baton::node {

class HistoryNode {
 public:
  // The three must outlive it.
  HistoryNode(AskStore ask, const Door& door, FlightRecorder& recorder) : ask_(std::move(ask)), door_(door), recorder_(recorder) {}

  // Reads, where that has not been done; writes what is new. REQUIRES: nothing else is to be written.
  void settle();
  void read();

 private:
  void read_back(const store::Reply& reply);
  void write(std::string data);
  void written(const store::Reply& reply);

  AskStore ask_;
  const Door& door_;
  FlightRecorder& recorder_;
  StoreVersion version_;  // none: there is no node
  bool busy_ = false;
  bool lost_ = false;  // a write whose outcome is not known: look before the next
};

}  // namespace baton::node
