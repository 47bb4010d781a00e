// Reads at activation, after the claim is confirmed, what the former controller left: pages, topics, marks, producer ids.
// Pages are read after the claim, so no write of a deposed controller can follow (R3). Pure.
#pragma once

#include <functional>

#include "controller/runtime/broker_reader.h"
#include "controller/runtime/door.h"

namespace baton::node {

class Loader {
 public:
  Loader(AskStore ask, Door& door, std::function<void()> done) : ask_(std::move(ask)), door_(door), done_(std::move(done)) {}

  void start();
  bool incomplete() const { return incomplete_; }
  bool settled() const { return outstanding_ == 0; }
  // Not empty: the store holds what no controller of ours wrote; nothing may be decided on it.
  const std::string& broken() const { return broken_; }
  // What was read, without the brokers.
  decision::Loaded& loaded() { return loaded_; }

 private:
  void counted(store::Request request, std::function<void(const store::Reply&)> then);
  void each_child(const char* parent, std::function<void(const std::string& name, const store::Reply&)> then);

  AskStore ask_;
  Door& door_;
  std::function<void()> done_;
  int outstanding_ = 0;
  bool incomplete_ = false;
  std::string broken_;
  decision::Loaded loaded_;
};

}  // namespace baton::node
