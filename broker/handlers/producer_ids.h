// Producer ids for one shard, drawn from blocks that the controller hands out. Belongs to its shard's thread.
#pragma once

#include <deque>

#include "broker/handlers/handler.h"

namespace baton {

class ProducerIds {
 public:
  // An id that nobody else in the cluster has, or the controller's error.
  void next(Services& services, Function<void(Result<int64_t>)> done);

 private:
  void refill(Services& services);

  int64_t next_ = 0;
  int64_t end_ = 0;
  bool asking_ = false;
  std::deque<Function<void(Result<int64_t>)>> waiting_;
};

}  // namespace baton
