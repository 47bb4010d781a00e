#include "controller/plugin/baton.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "controller/coordination/zookeeper_store.h"
#include "controller/messages/columns.h"
#include "controller/plugin/manager_config.h"
#include "controller/plugin/refusal.h"

// What the ABI hides behind its handle.
struct baton_manager {
  std::unique_ptr<baton::node::Shell> shell;
};

namespace {

using baton::refuse;

baton::node::Shell::Host callbacks_of(const baton_host& host) {
  return {[host](baton::control::Event event) {
            baton::control::spell_out(event);
            const std::string bytes = event.SerializeAsString();
            host.on_event(host.context, bytes.data(), bytes.size());
          },
          [host](const std::string& message) { host.on_fatal(host.context, message.c_str()); }};
}

int open(const baton_property* properties, size_t count, const baton_host& host, baton_manager** manager, char* error, size_t error_size) {
  baton::Properties given;
  for (size_t i = 0; i < count; ++i) {
    if (properties[i].key == nullptr || properties[i].value == nullptr) {
      return refuse(BATON_INVALID, "a property without key or value", error, error_size);
    }
    given[properties[i].key] = properties[i].value;
  }
  auto config = baton::manager_config(given);
  if (!config) return refuse(BATON_INVALID, config.error().message, error, error_size);
  if (auto status = baton::store::check_connect_string(config->zookeeper_connect); !status) {
    return refuse(BATON_INVALID, "zookeeper.connect=" + config->zookeeper_connect + ": " + status.error().message, error, error_size);
  }
  auto store =
      std::make_unique<baton::store::ZooKeeperStore>(baton::store::ZooKeeperOptions{config->zookeeper_connect, config->session_timeout});
  auto shell = baton::node::Shell::open(std::move(config->shell), std::move(store), callbacks_of(host));
  if (!shell) return refuse(BATON_FAILED, shell.error().message, error, error_size);
  *manager = new baton_manager{std::move(*shell)};
  return BATON_OK;
}

}  // namespace

// Nothing is thrown across the ABI.
extern "C" {

int baton_open(const baton_property* properties, size_t count, const baton_host* host, baton_manager** manager, char* error,
               size_t error_size) {
  if ((properties == nullptr && count > 0) || host == nullptr || manager == nullptr || host->on_event == nullptr ||
      host->on_fatal == nullptr) {
    return refuse(BATON_INVALID, "properties, host with both callbacks, and manager must be given", error, error_size);
  }
  if (host->abi_version != BATON_ABI_VERSION) {
    return refuse(BATON_INVALID,
                  "the host was built for ABI version " + std::to_string(host->abi_version) + ", this library has version " +
                      std::to_string(BATON_ABI_VERSION),
                  error, error_size);
  }
  try {
    return open(properties, count, *host, manager, error, error_size);
  } catch (const std::exception& thrown) {
    return refuse(BATON_FAILED, thrown.what(), error, error_size);
  }
}

int baton_submit(baton_manager* manager, const void* bytes, size_t size) {
  if (manager == nullptr || (bytes == nullptr && size > 0) || size > INT32_MAX) return BATON_INVALID;
  try {
    baton::control::Request request;
    if (!request.ParseFromArray(bytes, static_cast<int>(size))) return BATON_INVALID;
    return manager->shell->submit(std::move(request)) ? BATON_OK : BATON_CLOSED;
  } catch (const std::exception&) {
    return BATON_FAILED;
  }
}

int64_t baton_lease_deadline_ns(const baton_manager* manager) {
  return manager == nullptr ? 0 : manager->shell->lease_deadline_ns();
}

int baton_stopped(baton_manager* manager) {
  if (manager == nullptr) return BATON_INVALID;
  manager->shell->stopped();
  return BATON_OK;
}

void baton_close(baton_manager* manager) {
  if (manager == nullptr) return;
  manager->shell->close();
  delete manager;
}

}  // extern "C"
