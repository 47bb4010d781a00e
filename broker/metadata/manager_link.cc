#include "broker/metadata/manager_link.h"

#include <atomic>
#include <mutex>
#include <vector>

#include "base/logging.h"
#include "base/network/reactor.h"
#include "controller/messages/control.pb.h"
#include "controller/plugin/baton.h"

namespace baton {
namespace {

struct Waiting {
  network::Reactor* home = nullptr;
  Function<void(control::Response)> done;
};

void answer(Waiting waiting, control::Response response) {
  if (waiting.home == nullptr) return waiting.done(std::move(response));
  waiting.home->post([done = std::move(waiting.done), response = std::move(response)]() mutable { done(std::move(response)); });
}

}  // namespace

struct ManagerLink::Impl {
  std::atomic<baton_manager*> manager{nullptr};
  ManagerEvents* events = nullptr;
  ImagePtr image = std::make_shared<Image>();  // the event thread's
  std::mutex mutex;                            // guards what follows
  uint64_t next_correlation = 1;
  std::map<uint64_t, Waiting> waiting;

  void on_event(const void* bytes, size_t size) {
    control::Event event;
    if (!event.ParseFromArray(bytes, static_cast<int>(size))) return log::error("an event of the manager can not be read");
    switch (event.kind_case()) {
      case control::Event::kMetadata:
        image = image->after(event.metadata());
        events->on_change(event.metadata());
        return events->on_image(image);
      case control::Event::kRoles:
        return events->on_roles(event.roles());
      case control::Event::kResponse:
        return on_response(event.response());
      case control::Event::kYield:
        return events->on_yield(event.yield());
      case control::Event::kRegistered:
        return events->on_registered(event.registered());
      case control::Event::kStop:
        return events->on_stop(event.stop().reason());
      case control::Event::KIND_NOT_SET:
        return;
    }
  }

  void on_response(const control::Response& response) {
    Waiting found;
    {
      std::lock_guard lock(mutex);
      auto at = waiting.find(response.correlation());
      if (at == waiting.end()) return;
      found = std::move(at->second);
      waiting.erase(at);
    }
    answer(std::move(found), response);
  }
};

ManagerLink::ManagerLink() : impl_(std::make_unique<Impl>()) {}
ManagerLink::~ManagerLink() {
  close();
}

Status ManagerLink::open(const std::map<std::string, std::string>& properties, ManagerEvents& events) {
  impl_->events = &events;
  std::vector<baton_property> list;
  list.reserve(properties.size());
  for (auto& [key, value] : properties) list.push_back({key.c_str(), value.c_str()});
  baton_host host{};
  host.abi_version = BATON_ABI_VERSION;
  host.context = impl_.get();
  host.on_event = [](void* context, const void* bytes, size_t size) { static_cast<Impl*>(context)->on_event(bytes, size); };
  host.on_fatal = [](void* context, const char* message) { static_cast<Impl*>(context)->events->on_fatal(message); };
  char error[512] = "";
  baton_manager* opened = nullptr;
  int code = baton_open(list.data(), list.size(), &host, &opened, error, sizeof error);
  if (code == BATON_OK) {
    impl_->manager = opened;
    return {};
  }
  return fail(code == BATON_INVALID ? ErrorCode::kInvalidConfig : ErrorCode::kUnknownServerError, error);
}

void ManagerLink::submit(control::Request request, Function<void(control::Response)> done) {
  uint64_t correlation;
  {
    std::lock_guard lock(impl_->mutex);
    correlation = impl_->next_correlation++;
    impl_->waiting[correlation] = {network::Reactor::current(), std::move(done)};
  }
  request.set_correlation(correlation);
  std::string bytes = request.SerializeAsString();
  baton_manager* manager = impl_->manager;
  if (manager != nullptr && baton_submit(manager, bytes.data(), bytes.size()) == BATON_OK) return;
  control::Response refused;
  refused.set_correlation(correlation);
  refused.set_error(static_cast<int32_t>(ErrorCode::kNotController));
  refused.set_message("the manager is closed");
  impl_->on_response(refused);
}

Instant ManagerLink::lease_deadline() const {
  baton_manager* manager = impl_->manager;
  return manager == nullptr ? Instant{0} : Instant{baton_lease_deadline_ns(manager)};
}

void ManagerLink::stopped() {
  if (baton_manager* manager = impl_->manager) baton_stopped(manager);
}

void ManagerLink::close() {
  if (baton_manager* manager = impl_->manager.exchange(nullptr)) baton_close(manager);
}

}  // namespace baton
