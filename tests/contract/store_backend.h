// What the contract suite needs from each kind of store: clients, and the faults that all kinds have.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "controller/coordination/store.h"

namespace baton::store {

// One client with what it heard, in order. Its cut() and restore() break and heal its connection.
class Client {
 public:
  struct Answer {
    int call = 0;
    Reply reply;
  };
  using Heard = std::variant<Answer, StoreEvent>;

  virtual ~Client() = default;
  virtual Store& store() = 0;
  virtual void cut() = 0;
  virtual void restore() = 0;
  // Ends the session on the server's side while the connection is cut; returns when it is gone.
  virtual void expire_while_cut() = 0;
  // Lets what is under way happen until the condition holds; false if it never does.
  virtual bool settle(const std::function<bool()>& condition) = 0;

  // Opens a session and waits until it is connected.
  int64_t open();
  // Submits and returns the number under which the answer will be heard.
  int send(Request request);
  Reply wait_for(int call);
  Reply call(Request request) { return wait_for(send(std::move(request))); }
  Reply multi(std::vector<Op> ops) { return call(Multi{std::move(ops)}); }
  bool wait_for_state(SessionState state);
  std::vector<Heard> heard() const;
  std::vector<WatchFired> watches() const;
  void forget();

 private:
  void hear(Heard what);

  mutable std::mutex mutex_;
  std::vector<Heard> heard_;
  int next_call_ = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::unique_ptr<Client> client() = 0;
};

std::unique_ptr<Backend> memory_backend();
// Real ZooKeeper; all of a process's backends share one server. With a chroot or without.
std::unique_ptr<Backend> zookeeper_backend(const std::string& chroot);

}  // namespace baton::store
