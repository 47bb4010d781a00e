// What a broker's agent is told once, at the start.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/metadata_version.h"
#include "base/uuid.h"
#include "controller/messages/control.pb.h"

namespace baton::agent {

// Where a client of one of the broker's listeners connects.
struct Endpoint {
  std::string listener;
  std::string host;
  int port = 0;
  std::string security_protocol = "PLAINTEXT";
};

// What R1 compares to tell a restart on the same machine from an id that was started elsewhere.
struct DataDirectory {
  Uuid id;
  std::string boot_id;      // of the machine; empty: unknown
  uint64_t lock_inode = 0;  // of the directory's lock file, which this process holds; 0: unknown
  bool local_file_system = false;
};

struct Config {
  BrokerId id;
  // False: a controller that is no broker. It registers nowhere, holds no lease and no replica, and follows the image alone.
  bool broker = true;
  std::string rack;
  std::vector<Endpoint> endpoints;
  std::string control_host;  // of this process's control listener, as others reach it
  int control_port = 0;
  DataDirectory data_directory;
  std::string cluster_id;  // that the data directory was used in; empty: in none yet
  // Every replica that the data directory held at the start, with what it holds; dirty where R9 says so.
  std::vector<control::ReplicaEnd> replicas;
  int32_t metadata_version = kMetadataNewest;  // the highest that this process knows
  int64_t started_wall_ms = 0;                 // for people, in /brokers/ids/N

  Duration session_timeout = std::chrono::milliseconds(1000);  // as asked; the negotiated one is told by the session
  Duration lease = std::chrono::milliseconds(1000);            // D of R5
  Duration lease_renew = std::chrono::milliseconds(200);
  Duration control_timeout = std::chrono::milliseconds(2000);   // a stream on which nothing comes for this long is broken
  Duration request_timeout = std::chrono::milliseconds(10000);  // of host requests that may wait for a controller
};

}  // namespace baton::agent
