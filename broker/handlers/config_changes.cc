#include "broker/handlers/config_changes.h"

#include <algorithm>

#include "broker/handlers/controller_request.h"

namespace baton {
namespace {

// Neither API says how long it would wait.
constexpr Duration kTimeout = std::chrono::seconds(30);

bool same(const control::ConfigResource& left, const control::ConfigResource& right) {
  return left.type() == right.type() && left.name() == right.name();
}

}  // namespace

// The controller's delta comes before its answer on the same stream, and both come to this reactor in that order.
void change_configs(Services& services, control::ChangeConfigs changes, Function<void(std::vector<ConfigChanged>)> done) {
  auto results = std::make_shared<std::vector<ConfigChanged>>(static_cast<size_t>(changes.resources_size()));
  control::Request ask;
  auto& asked = *ask.mutable_change_configs();
  asked.set_validate_only(changes.validate_only());
  std::vector<size_t> places;  // of what is asked, in the results
  const auto& all = changes.resources();
  for (int i = 0; i < all.size(); ++i) {
    auto twice = std::count_if(all.begin(), all.end(), [&](auto& each) { return same(each.resource(), all[i].resource()); }) > 1;
    if (twice) {
      (*results)[static_cast<size_t>(i)] = {ErrorCode::kInvalidRequest, "the request names this resource twice"};
      continue;
    }
    *asked.add_resources() = all[i];
    places.push_back(static_cast<size_t>(i));
  }
  if (places.empty()) return done(std::move(*results));
  ask_controller(services, std::move(ask), kTimeout,
                 [results, places = std::move(places), done = std::move(done)](const control::Response& answered) mutable {
                   const auto& told = answered.change_configs().resources();
                   for (size_t i = 0; i < places.size(); ++i) {
                     auto& result = (*results)[places[i]];
                     result = {error_of(answered), answered.message()};
                     if (result.error != ErrorCode::kNone) continue;
                     const bool there = static_cast<int>(i) < told.size();
                     result.error = there ? static_cast<ErrorCode>(told[static_cast<int>(i)].error()) : ErrorCode::kUnknownServerError;
                     if (there) result.message = told[static_cast<int>(i)].message();
                   }
                   done(std::move(*results));
                 });
}

}  // namespace baton
