// An operator's request, to whoever rules; as over a connection of its own, on which nobody waits for the answer.
#pragma once

#include <utility>

#include "tests/simulation/cluster.h"

namespace baton::simulation {

inline void ask_ruler(Cluster& cluster, control::Request request) {
  constexpr node::StreamId kOperator = node::StreamId{1} << 40;  // even: as the listener numbers what it accepts
  const int ruler = cluster.ruler();
  if (ruler == 0 || !cluster.process(ruler).running()) return;
  node::FrameReceived question{kOperator, {}};
  *question.frame.mutable_request() = std::move(request);
  cluster.process(ruler).deliver(std::move(question));
}

inline void order_broker(Cluster& cluster, int id, control::Maintenance order) {
  control::Request request;
  request.mutable_order_broker()->set_id(id);
  request.mutable_order_broker()->set_order(order);
  ask_ruler(cluster, std::move(request));
}

}  // namespace baton::simulation
