#include "broker/handlers/producer_ids.h"

#include "broker/handlers/controller_request.h"
#include "controller/messages/control.pb.h"

namespace baton {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(5);

}  // namespace

void ProducerIds::next(Services& services, Function<void(Result<int64_t>)> done) {
  if (next_ < end_) return done(next_++);
  waiting_.push_back(std::move(done));
  if (!asking_) refill(services);
}

void ProducerIds::refill(Services& services) {
  asking_ = true;
  control::Request request;
  request.mutable_allocate_producer_ids();
  ask_controller(services, std::move(request), kTimeout, [this, &services](control::Response response) {
    asking_ = false;
    if (response.has_producer_ids() && response.producer_ids().count() > 0) {
      next_ = response.producer_ids().first();
      end_ = next_ + response.producer_ids().count();
    }
    auto waiting = std::move(waiting_);
    waiting_.clear();
    for (auto& done : waiting) {
      if (next_ < end_) {
        done(next_++);
      } else if (error_of(response) != ErrorCode::kNone) {
        done(fail(ErrorCode::kCoordinatorNotAvailable, response.message()));
      } else {
        next(services, std::move(done));
      }
    }
  });
}

}  // namespace baton
