// Numbers the agent's store calls, in a range of their own, so that the node can tell them from its others.
#pragma once

#include <utility>

#include "controller/agent/events.h"

namespace baton::agent {

class Calls {
 public:
  static constexpr uint64_t kRange = uint64_t{0xA6} << 56;
  static bool owns(uint64_t call) { return (call >> 56) == (kRange >> 56); }

  uint64_t submit(store::Request request, node::Effects& out) {
    const uint64_t call = kRange | ++last_;
    out.push_back(node::StoreCall{call, std::move(request)});
    return call;
  }

 private:
  uint64_t last_ = 0;
};

}  // namespace baton::agent
