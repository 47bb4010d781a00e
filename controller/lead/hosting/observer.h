// Tells who leads a leadership, whenever it changes, to somebody who does not campaign.
//
// Threading: open() and close() by the owner, close() never from the callback, which runs on the observer's thread and must not block.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/network/reactor.h"
#include "controller/coordination/store.h"
#include "controller/lead/place.h"

namespace baton::lead {

class Observer {
 public:
  // Epoch 0 and nothing: nobody leads. `who`: the fields of the leader's node (records.h).
  using OnLeader = std::function<void(int32_t epoch, const std::string& who)>;

  // REQUIRES: a sound name and connect string.
  Observer(const std::string& name, const std::string& connect, Duration session, OnLeader on_leader);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

 private:
  void open_store();
  void happened(const store::StoreEvent& event);
  void look();
  void seen(const store::Reply& reply);

  const Place place_;
  const OnLeader on_leader_;
  bool told_ = false;
  std::string last_;

  network::Reactor reactor_;
  std::unique_ptr<network::Timer> again_;
  std::unique_ptr<store::Store> store_;
  std::thread thread_;
};

}  // namespace baton::lead
