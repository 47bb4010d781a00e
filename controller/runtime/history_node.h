// A node of history (stored_history.h), read once when a rule begins and written beside everything else: under the same check of the
// controller's epoch as every write of the door, but in a multi of its own that nothing waits for. What goes wrong here is told
// in the log and loses history only. Pure.
#pragma once

#include <functional>
#include <string>

#include "controller/runtime/broker_reader.h"
#include "controller/runtime/door.h"
#include "controller/runtime/stored_history.h"

namespace baton::node {

class HistoryNode {
 public:
  // What it is given must outlive it.
  HistoryNode(const char* path, AskStore ask, const Door& door, StoredHistory& history)
      : path_(path), ask_(std::move(ask)), door_(door), history_(history) {}

  // Reads, where that has not been done; writes what is new. REQUIRES: nothing else is to be written.
  void settle();
  void read();

 private:
  void read_back(const store::Reply& reply);
  void write(std::string data);
  void written(const store::Reply& reply);

  const char* path_;
  AskStore ask_;
  const Door& door_;
  StoredHistory& history_;
  StoreVersion version_;  // none: there is no node
  bool busy_ = false;
  bool lost_ = false;  // a write whose outcome is not known: look before the next
};

}  // namespace baton::node
