// ApiVersions: what a broker serves. Asked first by every client, so any broker can answer any version of it: an unknown
// one gets UNSUPPORTED_VERSION in the body of version 0, with key 18 listed (KIP-511).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error_code.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

inline constexpr Api kApiVersions{.key = 18, .name = "ApiVersions", .oldest = 0, .newest = 4, .flexible = 3};

struct ApiVersionsRequest {
  static constexpr const Api& api = kApiVersions;
  std::string client_software_name;
  std::string client_software_version;

  static constexpr auto fields =
      table(field("ClientSoftwareName", &ApiVersionsRequest::client_software_name, {.since = 3, .ignorable = true}),
            field("ClientSoftwareVersion", &ApiVersionsRequest::client_software_version, {.since = 3, .ignorable = true}));
};

struct ApiVersionsResponse {
  static constexpr const Api& api = kApiVersions;

  struct ApiVersion {
    int16_t api_key = 0;
    int16_t min_version = 0;
    int16_t max_version = 0;

    static constexpr auto fields = table(field("ApiKey", &ApiVersion::api_key), field("MinVersion", &ApiVersion::min_version),
                                         field("MaxVersion", &ApiVersion::max_version));
  };

  struct SupportedFeature {
    std::string name;
    int16_t min_version = 0;
    int16_t max_version = 0;

    static constexpr auto fields =
        table(field("Name", &SupportedFeature::name, {.since = 3}), field("MinVersion", &SupportedFeature::min_version, {.since = 3}),
              field("MaxVersion", &SupportedFeature::max_version, {.since = 3}));
  };

  struct FinalizedFeature {
    std::string name;
    int16_t max_version_level = 0;
    int16_t min_version_level = 0;

    static constexpr auto fields = table(field("Name", &FinalizedFeature::name, {.since = 3}),
                                         field("MaxVersionLevel", &FinalizedFeature::max_version_level, {.since = 3}),
                                         field("MinVersionLevel", &FinalizedFeature::min_version_level, {.since = 3}));
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ApiVersion> api_keys;
  int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
  bool zk_migration_ready = false;

  static constexpr auto fields =
      table(field("ErrorCode", &ApiVersionsResponse::error_code), field("ApiKeys", &ApiVersionsResponse::api_keys),
            field("ThrottleTimeMs", &ApiVersionsResponse::throttle_time_ms, {.since = 1, .ignorable = true}),
            field("SupportedFeatures", &ApiVersionsResponse::supported_features, {.since = 3, .ignorable = true, .tag = 0}),
            field("FinalizedFeaturesEpoch", &ApiVersionsResponse::finalized_features_epoch, {.since = 3, .ignorable = true, .tag = 1}),
            field("FinalizedFeatures", &ApiVersionsResponse::finalized_features, {.since = 3, .ignorable = true, .tag = 2}),
            field("ZkMigrationReady", &ApiVersionsResponse::zk_migration_ready, {.since = 3, .ignorable = true, .tag = 3}));
};

// The answer, from the APIs that have a handler; so that it cannot lie. Sorted by key.
ApiVersionsResponse api_versions_of(std::span<const Api* const> handled);

}  // namespace baton::protocol
