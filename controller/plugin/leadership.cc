// The C ABI of a leadership (baton.h): a Campaigner behind a handle.
#include <unistd.h>

#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <string>

#include "controller/lead/hosting/campaigner.h"
#include "controller/lead/hosting/observer.h"
#include "controller/plugin/baton.h"
#include "controller/plugin/refusal.h"

struct baton_leadership {
  std::unique_ptr<baton::lead::Campaigner> campaigner;  // or
  std::unique_ptr<baton::lead::Observer> observer;
};

namespace {

using baton::refuse;
namespace lead = baton::lead;

constexpr const char* kKeys[] = {"leadership.name", "leadership.elector", "leadership.notice.ms",
                                 "leadership.who",  "zookeeper.connect",  "zookeeper.session.timeout.ms"};

std::string known_keys() {
  std::string known;
  for (const char* key : kKeys) known += (known.empty() ? "" : ", ") + std::string(key);
  return known;
}

// Milliseconds; an error names the key.
baton::Result<baton::Duration> time_of(const std::map<std::string, std::string>& given, const std::string& key, int64_t otherwise_ms) {
  const auto found = given.find(key);
  if (found == given.end()) return std::chrono::milliseconds(otherwise_ms);
  const auto value = lead::number({{key, found->second}}, key);
  if (value && *value >= 0 && *value <= 3'600'000) return std::chrono::milliseconds(*value);
  return baton::fail(baton::ErrorCode::kInvalidConfig, key + "=" + found->second + ": milliseconds from 0 to 3600000 are allowed");
}

baton::Result<lead::CampaignerConfig> config_of(const baton_property* properties, size_t count) {
  std::map<std::string, std::string> given;
  for (size_t i = 0; i < count; ++i) {
    if (properties[i].key == nullptr || properties[i].value == nullptr)
      return baton::fail(baton::ErrorCode::kInvalidConfig, "a property without key or value");
    const bool known =
        std::any_of(std::begin(kKeys), std::end(kKeys), [&](const char* key) { return std::strcmp(key, properties[i].key) == 0; });
    if (!known)
      return baton::fail(baton::ErrorCode::kInvalidConfig,
                         std::string("there is no property '") + properties[i].key + "' of a leadership: take of " + known_keys());
    given[properties[i].key] = properties[i].value;
  }
  const auto session = time_of(given, "zookeeper.session.timeout.ms", 2000);
  if (!session) return tl::unexpected(session.error());
  const auto notice = time_of(given, "leadership.notice.ms", lead::lease_of_session(*session) / 3 / std::chrono::milliseconds(1));
  if (!notice) return tl::unexpected(notice.error());
  lead::CampaignerConfig config;
  config.name = given["leadership.name"];
  if (given.contains("leadership.elector")) config.elector = given["leadership.elector"];
  config.connect = given["zookeeper.connect"];
  config.session = *session;
  config.notice = *notice;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  config.who = {{"host", host}, {"pid", std::to_string(getpid())}, {"command", given["leadership.who"]}};
  if (baton::Status sound = lead::check(config); !sound) return tl::unexpected(sound.error());
  return config;
}

lead::CampaignerCallbacks callbacks_of(const baton_leadership_host& host) {
  lead::CampaignerCallbacks callbacks;
  callbacks.on_lead = [host](const lead::Lead& one) { host.on_lead(host.context, one.epoch.value(), one.until.ns); };
  callbacks.on_extended = [](baton::Instant) {};
  callbacks.on_stop = [host](const lead::Stop& stop) { host.on_stop(host.context, static_cast<int>(stop.reason), stop.until.ns); };
  callbacks.on_ended = [host](const lead::Ended& ended) {
    if (host.on_ended != nullptr) host.on_ended(host.context, ended.epoch.value(), ended.released ? 1 : 0);
  };
  callbacks.on_refused = [host](const lead::Refused& refused) { host.on_fatal(host.context, refused.why.c_str()); };
  callbacks.on_connected = [](bool) {};
  return callbacks;
}

// What every entry does first, and last: nothing is thrown across the ABI.
template <class Open>
int open_safely(const baton_property* properties, size_t count, uint32_t abi_version, baton_leadership** leadership, char* error,
                size_t error_size, Open open) {
  if (abi_version != BATON_ABI_VERSION) {
    return refuse(BATON_INVALID,
                  "the host was built for ABI version " + std::to_string(abi_version) + ", this library has version " +
                      std::to_string(BATON_ABI_VERSION),
                  error, error_size);
  }
  try {
    auto config = config_of(properties, count);
    if (!config) return refuse(BATON_INVALID, config.error().message, error, error_size);
    auto made = std::make_unique<baton_leadership>();
    open(*made, *config);
    *leadership = made.release();
    return BATON_OK;
  } catch (const std::exception& thrown) {
    return refuse(BATON_FAILED, thrown.what(), error, error_size);
  }
}

}  // namespace

extern "C" {

int baton_campaign(const baton_property* properties, size_t count, const baton_leadership_host* host, baton_leadership** leadership,
                   char* error, size_t error_size) {
  if ((properties == nullptr && count > 0) || host == nullptr || leadership == nullptr || host->on_lead == nullptr ||
      host->on_stop == nullptr || host->on_fatal == nullptr) {
    return refuse(BATON_INVALID, "properties, host with on_lead, on_stop and on_fatal, and leadership must be given", error, error_size);
  }
  return open_safely(properties, count, host->abi_version, leadership, error, error_size,
                     [&](baton_leadership& made, const lead::CampaignerConfig& config) {
                       made.campaigner = std::make_unique<lead::Campaigner>(config, callbacks_of(*host));
                     });
}

int baton_observe(const baton_property* properties, size_t count, const baton_leadership_observer* host, baton_leadership** leadership,
                  char* error, size_t error_size) {
  if ((properties == nullptr && count > 0) || host == nullptr || leadership == nullptr || host->on_leader == nullptr) {
    return refuse(BATON_INVALID, "properties, observer with on_leader, and leadership must be given", error, error_size);
  }
  return open_safely(properties, count, host->abi_version, leadership, error, error_size,
                     [&](baton_leadership& made, const lead::CampaignerConfig& config) {
                       made.observer = std::make_unique<lead::Observer>(config.name, config.connect, config.session,
                                                                        [observer = *host](int32_t epoch, const std::string& who) {
                                                                          observer.on_leader(observer.context, epoch, who.c_str());
                                                                        });
                     });
}

int baton_resign(baton_leadership* leadership) {
  if (leadership == nullptr || leadership->campaigner == nullptr) return BATON_INVALID;
  leadership->campaigner->resign();
  return BATON_OK;
}

int baton_leadership_stopped(baton_leadership* leadership) {
  if (leadership == nullptr || leadership->campaigner == nullptr) return BATON_INVALID;
  leadership->campaigner->stopped();
  return BATON_OK;
}

int64_t baton_leadership_deadline_ns(const baton_leadership* leadership) {
  return leadership == nullptr || leadership->campaigner == nullptr ? 0 : leadership->campaigner->deadline_ns();
}

int32_t baton_leadership_epoch(const baton_leadership* leadership) {
  return leadership == nullptr || leadership->campaigner == nullptr ? 0 : leadership->campaigner->epoch();
}

void baton_leadership_close(baton_leadership* leadership) {
  delete leadership;
}

}  // extern "C"
