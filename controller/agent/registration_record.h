// The records that a registration writes, and R1's one question about them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/agent/config.h"

namespace baton::agent {

// For /brokers/epochs/N.
control::Registration registration_record(const Config& config, const Incarnation& incarnation, const Incarnation& predecessor);
// For /brokers/ids/N: Kafka's JSON, version 5.
std::string broker_json(const Config& config);

// R1: was `former` a process that this one has replaced on the same machine? Only then is its end certain without a word
// from the controller: whoever holds the lock of that data directory has outlived the one that held it before. The
// lock means something on a local file system only, the inode tells a copied directory, the boot id another machine.
bool restarted_on_same_machine(const control::Registration& former, const DataDirectory& own);

// For /cluster/id: Kafka's JSON.
std::string cluster_json(std::string_view cluster_id);
std::optional<std::string> parse_cluster(std::string_view json);

}  // namespace baton::agent
