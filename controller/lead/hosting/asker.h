// A session with ZooKeeper for a few questions, each waited for. For commands; whoever campaigns has a Campaigner.
//
// Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "controller/coordination/store.h"

namespace baton::lead {

class Asker {
 public:
  // Errors: nobody answers in time. REQUIRES: store::check_connect_string(connect).
  static Result<std::unique_ptr<Asker>> open(const std::string& connect, Duration at_most);
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // kConnectionLoss when there is no answer in time.
  store::Reply ask(store::Request request);

 private:
  explicit Asker(Duration at_most) : at_most_(at_most) {}
  const Duration at_most_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace baton::lead
