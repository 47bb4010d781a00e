#include "cli/cluster/controller_request.h"

#include <optional>
#include <thread>

#include "cli/client/control_client.h"
#include "cli/cluster/status.h"

namespace baton::cluster {
namespace {

constexpr std::chrono::milliseconds kBetweenTries(20);
constexpr std::chrono::milliseconds kFindWithin(1000);

std::optional<client::Address> controller_of(const control::Status& status) {
  for (const control::Broker& broker : status.brokers()) {
    if (broker.id() == status.controller_id() && broker.control_port() != 0)
      return client::Address{broker.control_host(), broker.control_port()};
  }
  // No broker: a controller of its own.
  for (const control::Candidate& candidate : status.candidates()) {
    if (candidate.id() == status.controller_id()) return client::Address{candidate.control_host(), candidate.control_port()};
  }
  return std::nullopt;
}

Result<client::Connection> open(const std::optional<client::Address>& controller, client::Deadline deadline) {
  if (!controller) return fail(ErrorCode::kNotController, "nobody rules");
  return client::Connection::open(*controller, deadline);
}

}  // namespace

Result<control::Response> ask_controller(const Description& description, const control::Request& request, client::Deadline deadline) {
  do {
    const std::optional<control::Status> status = ask_anyone(description, kFindWithin);
    const std::optional<client::Address> controller = status ? controller_of(*status) : std::nullopt;
    if (Result<client::Connection> connection = open(controller, deadline)) {
      Result<control::Response> answer = client::ask(*connection, request, deadline);
      if (answer || answer.error().code != ErrorCode::kNotController) return answer;
    }
    std::this_thread::sleep_for(kBetweenTries);
  } while (std::chrono::steady_clock::now() < deadline);
  return fail(ErrorCode::kNotController, "no controller answers: see `baton status`");
}

}  // namespace baton::cluster
