// The ids and epochs of the whole system. A default-constructed one is "none", which is -1 as on Kafka's wire.
#pragma once

#include "base/strong.h"

namespace baton {
// clang-format off
struct BrokerIdTag { static constexpr int32_t none = -1; };
struct PartitionIndexTag { static constexpr int32_t none = -1; };
struct ControllerEpochTag { static constexpr int32_t none = -1; };
struct BrokerEpochTag { static constexpr int64_t none = -1; };
struct LeaderEpochTag { static constexpr int32_t none = -1; };
struct PartitionEpochTag { static constexpr int32_t none = -1; };
struct StoreVersionTag { static constexpr int32_t none = -1; };
// clang-format on
// A broker's number, `broker.id`; it outlives restarts.
using BrokerId = Strong<BrokerIdTag, int32_t>;
using PartitionIndex = Strong<PartitionIndexTag, int32_t>;
// Issued by compare-and-set of /controller_epoch; stale: STALE_CONTROLLER_EPOCH.
using ControllerEpoch = Strong<ControllerEpochTag, int32_t>;
// The zxid of the transaction that registered this incarnation of a broker; stale: STALE_BROKER_EPOCH.
using BrokerEpoch = Strong<BrokerEpochTag, int64_t>;
// +1 at every change of a partition's leader; stale: FENCED_LEADER_EPOCH, ahead of us: UNKNOWN_LEADER_EPOCH.
using LeaderEpoch = Strong<LeaderEpochTag, int32_t>;
// +1 at every change of a partition's state; stale: INVALID_UPDATE_VERSION.
using PartitionEpoch = Strong<PartitionEpochTag, int32_t>;
// The version of a znode, the condition of conditional writes.
using StoreVersion = Strong<StoreVersionTag, int32_t>;

}  // namespace baton
