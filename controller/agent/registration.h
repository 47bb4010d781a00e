// R1: a broker's registration. Writes /brokers/epochs/N and /brokers/ids/N in one multi under the version read, naming
// the predecessor; resolves lost replies by reading back its incarnation; waits where the rule says wait; recreates
// /brokers/ids/N after a mere expiry of the session; and when it finds that its version has changed (a tombstone), stops
// the host first and comes back as a new incarnation.
//
// Of a process that is no broker (Config::broker) it only settles which cluster this is.
//
// A read decides nothing here: every step that matters is a conditional multi. Pure; single-threaded.
#pragma once

#include <optional>
#include <string>

#include "base/random.h"
#include "controller/agent/calls.h"
#include "controller/agent/config.h"

namespace baton::agent {

// A registration that the store has confirmed.
struct Registered {
  Incarnation incarnation;
  Incarnation predecessor;  // none: the first of this id
  BrokerEpoch epoch;        // mzxid of /brokers/epochs/N
  StoreVersion version;     // of /brokers/epochs/N: what every renewal of the lease checks
};

class Registration {
 public:
  Registration(const Config& config, Calls& calls, Random& random);

  // ---- events --------------------------------------------------------------------------------------------------------
  void session_changed(Instant now, const store::SessionChanged& change, node::Effects& out);
  // False when the reply is not one of ours.
  bool replied(Instant now, const node::StoreReplied& event, node::Effects& out);
  void watch_fired(Instant now, const store::WatchFired& fired, node::Effects& out);
  void host_stopped(Instant now, node::Effects& out);
  void woken(Instant now, node::Effects& out);
  // Somebody was told that our version is not the current one: certain (a renewal refused), so the host stops at once.
  void lost(const std::string& reason, node::Effects& out);
  // Somebody has a doubt (a refusal by the controller): looks.
  void recheck(Instant now, node::Effects& out);
  // Can not go on: stops the host, then says why.
  void fail_with(std::string message, node::Effects& out);

  // ---- state ---------------------------------------------------------------------------------------------------------
  // This process's present incarnation, registered or not.
  const Incarnation& incarnation() const { return incarnation_; }
  // None: not registered, or not any more.
  const std::optional<Registered>& current() const { return registered_; }
  // R1: the predecessor is removed from every role, as we have read ourselves.
  bool ready() const { return ready_; }
  // While ready: roles are taken from no controller epoch below this one.
  ControllerEpoch floor() const { return floor_; }
  bool connected() const { return connected_; }
  bool failed() const { return failed_; }
  const std::string& cluster_id() const { return cluster_id_; }
  // The cluster's level (base/metadata_version.h) as last read; it never falls.
  int32_t metadata_version() const { return metadata_version_; }
  Instant wake_at() const { return retry_at_; }

 private:
  struct Reading {
    uint64_t epoch_call = 0, removed_call = 0, id_call = 0, cluster_call = 0, level_call = 0;
    store::Reply epoch, removed, id, cluster, level;
    int missing = 5;
    bool again = false;  // something changed meanwhile
  };
  struct Writing {
    uint64_t call = 0;
    Incarnation predecessor;
    bool whole = true;  // false: /brokers/ids/N alone, after an expiry
  };

  void read(node::Effects& out);
  void tell_cluster(node::Effects& out);
  void evaluate(Instant now, const Reading& seen, node::Effects& out);
  void miss_cluster(Instant now, const std::string& known, node::Effects& out);
  bool settle_cluster(Instant now, const Reading& seen, node::Effects& out);
  bool settle_level(const Reading& seen, node::Effects& out);
  void keep(Instant now, const Reading& seen, node::Effects& out);
  void come(Instant now, const Reading& seen, node::Effects& out);
  void wait_for_removal(Instant now, const control::Registration& former, const Reading& seen, node::Effects& out);
  void write_whole(const Reading& seen, const Incarnation& predecessor, node::Effects& out);
  void write_id(const Reading& seen, node::Effects& out);
  void written(Instant now, const store::Reply& reply, node::Effects& out);
  void became(const Registered& registered, node::Effects& out);
  void retry_in(Instant now, Duration delay) { retry_at_ = std::min(retry_at_, now + delay); }

  const Config& config_;
  Calls& calls_;
  Random& random_;
  Incarnation incarnation_;
  std::string cluster_id_;
  int32_t metadata_version_ = kMetadataSingles;
  bool cluster_told_ = false;
  int64_t session_ = 0;
  Duration session_timeout_;
  bool connected_ = false;
  bool stopping_ = false;
  bool failed_ = false;
  std::optional<Reading> reading_;
  std::optional<Writing> writing_;
  std::optional<Registered> registered_;
  bool ready_ = false;
  ControllerEpoch floor_;
  Instant retry_at_ = Instant::never();
  Instant cluster_missing_since_ = Instant::never();
  // Another live process with our id: since when it is seen, and who it is.
  Incarnation occupant_;
  Instant occupied_since_;
};

}  // namespace baton::agent
