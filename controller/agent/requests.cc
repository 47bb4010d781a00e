#include "controller/agent/requests.h"

#include <algorithm>

namespace baton::agent {

namespace {

constexpr char kNoController[] = "no controller is connected";

// What becomes of a request without a controller.
enum class Kind { kAtOnce, kOnce, kRepeatable };

Kind kind_of(const control::Request& request) {
  switch (request.kind_case()) {
    case control::Request::kCreateTopics:
    case control::Request::kDeleteTopics:
    case control::Request::kMoveLeaders:
    case control::Request::kOrderBroker:
    case control::Request::kReassign:
    case control::Request::kGrowTopics:
    case control::Request::kChangeConfigs:
      return Kind::kOnce;
    case control::Request::kAllocateProducerIds:
    case control::Request::kControlledShutdown:
      return Kind::kRepeatable;
    default:
      return Kind::kAtOnce;
  }
}

}  // namespace

node::HostEvent answer(uint64_t correlation, ErrorCode error, std::string message) {
  control::Event event;
  event.mutable_response()->set_correlation(correlation);
  event.mutable_response()->set_error(static_cast<int32_t>(error));
  event.mutable_response()->set_message(std::move(message));
  return {std::move(event)};
}

void Requests::submit(Instant now, const control::Request& request, node::StreamId stream, node::Effects& out) {
  if (request.kind_case() == control::Request::KIND_NOT_SET || pending_.contains(request.correlation())) {
    out.push_back(answer(request.correlation(), ErrorCode::kInvalidRequest, "no known kind of request, or its correlation is in use"));
    return;
  }
  if (stream == 0 && kind_of(request) == Kind::kAtOnce) {
    out.push_back(answer(request.correlation(), ErrorCode::kNotController, kNoController));
    return;
  }
  Pending& pending = pending_[request.correlation()];
  pending = {request, now + config_.request_timeout, false};
  if (stream != 0) send(pending, stream, out);
}

void Requests::send(Pending& pending, node::StreamId stream, node::Effects& out) {
  pending.sent = true;
  control::Request& request = pending.request;
  request.set_broker_id(config_.id.value());
  request.set_broker_epoch(broker_epoch_.value());
  if (request.has_alter_isr()) request.mutable_alter_isr()->set_highest_controller_epoch(highest_.value());
  control::Frame frame;
  *frame.mutable_request() = request;
  out.push_back(node::Send{stream, std::move(frame)});
}

void Requests::flush(node::StreamId stream, node::Effects& out) {
  for (auto& [correlation, pending] : pending_) {
    if (!pending.sent) send(pending, stream, out);
  }
}

void Requests::answered(const control::Response& response, ControllerEpoch highest, node::Effects& out) {
  const auto at = pending_.find(response.correlation());
  if (at == pending_.end()) return;  // answered before, by its time-out
  pending_.erase(at);
  // R8: no settlement is taken from a controller that we know to be deposed.
  if (ControllerEpoch(response.controller_epoch()) < highest) {
    out.push_back(answer(response.correlation(), ErrorCode::kNotController, "the controller that answered was deposed"));
    return;
  }
  control::Event event;
  *event.mutable_response() = response;
  out.push_back(node::HostEvent{std::move(event)});
}

void Requests::broken(node::Effects& out) {
  for (auto at = pending_.begin(); at != pending_.end();) {
    Pending& pending = at->second;
    if (pending.sent && kind_of(pending.request) == Kind::kRepeatable) pending.sent = false;
    if (!pending.sent) {
      ++at;
      continue;
    }
    out.push_back(answer(at->first, ErrorCode::kNotController, "the controller was lost before it answered"));
    at = pending_.erase(at);
  }
}

void Requests::woken(Instant now, node::Effects& out) {
  for (auto at = pending_.begin(); at != pending_.end();) {
    if (at->second.deadline > now) {
      ++at;
      continue;
    }
    const bool sent = at->second.sent;
    out.push_back(answer(at->first, sent ? ErrorCode::kRequestTimedOut : ErrorCode::kNotController,
                         sent ? "the controller did not answer in time" : kNoController));
    at = pending_.erase(at);
  }
}

Instant Requests::wake_at() const {
  Instant first = Instant::never();
  for (const auto& [correlation, pending] : pending_) first = std::min(first, pending.deadline);
  return first;
}

}  // namespace baton::agent
