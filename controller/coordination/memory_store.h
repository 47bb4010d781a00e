// The Store of one client of a MemoryTree: the in-memory twin of zookeeper_store.h, for whoever programs against Store. (A
// simulator that drives pure cores applies their requests to the tree itself.)
//
// Every request takes effect, and every answer arrives, as a task given to `post`; run the tasks in the order in which
// they were posted. Faults are made by the calls below.
//
// Single-threaded: everything happens on the thread that runs the tasks.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "controller/coordination/memory_tree.h"

namespace baton::store {

class MemoryStore final : public Store {
 public:
  using Post = std::function<void(std::function<void()>)>;
  enum class Loss { kBefore, kAfter };  // the request took no effect; or it did, and only its reply was lost

  // `tree` must outlive the store, and the store every task that it posted.
  MemoryStore(MemoryTree& tree, Post post) : tree_(tree), post_(std::move(post)) {}
  ~MemoryStore() override;

  void open(Listener listener) override;
  void close() override;
  void submit(Request request, Callback callback) override;

  // The next request that takes effect is answered kConnectionLoss.
  void lose_next(Loss loss) { losses_.push_back(loss); }
  // The connection breaks: calls that are not answered yet are answered kConnectionLoss, whether applied or not; watches
  // wait. Calls made meanwhile wait too.
  void suspend();
  // The connection is there again: kConnected, or kExpired if the session is gone.
  void resume();
  // The server ends the session; the client hears of it at once, or, while suspended, from resume().
  void expire();

  SessionId session() const { return link_ ? link_->session : 0; }

 private:
  struct Call {
    Request request;
    Callback callback;
  };
  // What belongs to one session; tasks that are still posted when it ends find it `over`.
  struct Link {
    SessionId session = 0;
    Listener listener;
    bool suspended = false;
    bool expired = false;
    bool over = false;
    std::deque<Call> waiting;                             // not applied yet
    std::deque<std::function<void(bool lost)>> arriving;  // answers and watches on their way, in order
    std::deque<WatchFired> held;                          // watches that fired while suspended
  };

  void apply_next(const std::shared_ptr<Link>& link);
  void arrive(const std::shared_ptr<Link>& link, std::function<void(bool lost)> what);
  void tell(const std::shared_ptr<Link>& link, SessionState state);
  void tell_expired();
  void fail_waiting(Link& link, StoreError error);
  void end(StoreError error);

  MemoryTree& tree_;
  Post post_;
  std::shared_ptr<Link> link_;
  std::deque<Loss> losses_;
};

}  // namespace baton::store
