#include "controller/agent/registration.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mutants.h"
#include "controller/agent/registration_record.h"
#include "controller/coordination/paths.h"

namespace baton::agent {

using store::StoreError;

namespace {

constexpr Duration kRetry = std::chrono::milliseconds(100);   // after a lost reply or a stale read
constexpr Duration kPoll = std::chrono::milliseconds(250);    // while waiting: watches do the work, this is the belt
constexpr Duration kOccupiedSlack = std::chrono::seconds(1);  // beyond two sessions, for the store's rounding up to ticks

bool answered(const store::Reply& reply) {
  return reply.ok() || reply.error == StoreError::kNoNode;
}

store::Multi create_if_missing(std::string path, std::string data) {
  return {{store::Create{std::move(path), std::move(data), store::NodeKind::kPersistent}}};
}

}  // namespace

Registration::Registration(const Config& config, Calls& calls, Random& random)
    : config_(config), calls_(calls), random_(random), incarnation_(Uuid::random(random)), session_timeout_(config.session_timeout) {}

void Registration::session_changed(Instant now, const store::SessionChanged& change, node::Effects& out) {
  connected_ = change.state == store::SessionState::kConnected;
  if (change.state == store::SessionState::kExpired) {
    session_ = 0;
    reading_.reset();
    writing_.reset();
  }
  if (!connected_) return;
  session_ = change.session_id;
  if (change.negotiated_timeout > Duration::zero()) session_timeout_ = change.negotiated_timeout;
  recheck(now, out);
}

void Registration::recheck(Instant, node::Effects& out) {
  if (failed_ || stopping_ || !connected_ || writing_) return;
  if (reading_) {
    reading_->again = true;
  } else {
    read(out);
  }
}

void Registration::read(node::Effects& out) {
  retry_at_ = Instant::never();
  Reading reading;
  // A Get of an absent node sets no watch; the mark may well be absent, so its watch is set by an Exists. The replies of
  // that one and of creations below are nobody's: what they did is seen by the next read.
  calls_.submit(store::Exists{paths::broker_removed(config_.id), true}, out);
  reading.level_call = calls_.submit(store::Get{paths::kMetadataVersion, false}, out);
  reading.cluster_call = calls_.submit(store::Get{paths::kClusterId, false}, out);
  reading.removed_call = calls_.submit(store::Get{paths::broker_removed(config_.id), false}, out);
  reading.id_call = calls_.submit(store::Get{paths::broker_id(config_.id), false}, out);
  reading.epoch_call = calls_.submit(store::Get{paths::broker_epoch(config_.id), true}, out);
  reading_ = reading;
}

bool Registration::replied(Instant now, const node::StoreReplied& event, node::Effects& out) {
  if (writing_ && event.call == writing_->call) {
    written(now, event.reply, out);
    return true;
  }
  if (!reading_) return false;
  store::Reply* slot = nullptr;
  if (event.call == reading_->level_call) slot = &reading_->level;
  if (event.call == reading_->cluster_call) slot = &reading_->cluster;
  if (event.call == reading_->removed_call) slot = &reading_->removed;
  if (event.call == reading_->id_call) slot = &reading_->id;
  if (event.call == reading_->epoch_call) slot = &reading_->epoch;
  if (slot == nullptr) return false;
  *slot = event.reply;
  if (--reading_->missing > 0) return true;

  const Reading seen = *reading_;
  reading_.reset();
  if (failed_ || stopping_) return true;
  const bool complete =
      answered(seen.level) && answered(seen.cluster) && answered(seen.removed) && answered(seen.id) && answered(seen.epoch);
  if (!complete) {
    retry_in(now, kRetry);
    return true;
  }
  if (seen.again) {
    read(out);
    return true;
  }
  evaluate(now, seen, out);
  return true;
}

void Registration::watch_fired(Instant now, const store::WatchFired& fired, node::Effects& out) {
  if (fired.path == paths::broker_epoch(config_.id) || fired.path == paths::broker_removed(config_.id)) recheck(now, out);
}

void Registration::woken(Instant now, node::Effects& out) {
  if (now < retry_at_) return;
  retry_at_ = Instant::never();
  recheck(now, out);
}

void Registration::evaluate(Instant now, const Reading& seen, node::Effects& out) {
  if (!settle_cluster(now, seen, out) || !settle_level(seen, out)) return;
  if (!config_.broker) return tell_cluster(out);
  if (registered_) {
    keep(now, seen, out);
  } else {
    come(now, seen, out);
  }
}

// The host remembers its cluster, as a broker does.
void Registration::tell_cluster(node::Effects& out) {
  if (std::exchange(cluster_told_, true)) return;
  control::Event event;
  event.mutable_registered()->set_incarnation(std::string(incarnation_.raw()));
  event.mutable_registered()->set_broker_epoch(BrokerEpoch().value());
  event.mutable_registered()->set_cluster_id(cluster_id_);
  out.push_back(node::HostEvent{std::move(event)});
}

// The store knows of no cluster and we do: it lost its data, or the path is wrong. Whoever made a new cluster there would be told
// that none of the topics exists whose logs he holds, and remove them. A server of the store may lag behind for a moment.
void Registration::miss_cluster(Instant now, const std::string& known, node::Effects& out) {
  if (cluster_missing_since_ == Instant::never()) cluster_missing_since_ = now;
  if (now - cluster_missing_since_ <= session_timeout_) return retry_in(now, kRetry);
  fail_with(fmt::format("The data directory belongs to cluster {}, but zookeeper.connect leads to an empty path of ZooKeeper. Correct "
                        "zookeeper.connect, or restore ZooKeeper's data; to give the data up, start with an empty log.dirs.",
                        known),
            out);
}

// True when the store's cluster is known and ours. The first broker of all names the cluster.
bool Registration::settle_cluster(Instant now, const Reading& seen, node::Effects& out) {
  if (!seen.cluster.ok()) {
    const std::string& known = cluster_id_.empty() ? config_.cluster_id : cluster_id_;
    if (!known.empty()) {
      miss_cluster(now, known, out);
      return false;
    }
    calls_.submit(create_if_missing(paths::kCluster, ""), out);
    calls_.submit(create_if_missing(paths::kClusterId, cluster_json(Uuid::random(random_).to_string())), out);
    if (retry_at_ == Instant::never()) read(out);
    retry_in(now, kRetry);
    return false;
  }
  cluster_missing_since_ = Instant::never();
  const auto cluster_id = parse_cluster(seen.cluster.data);
  if (!cluster_id) {
    fail_with(fmt::format("{} is not readable: {}. Is this ZooKeeper path used by something else? Set a chroot in zookeeper.connect.",
                          paths::kClusterId, seen.cluster.data.substr(0, 80)),
              out);
    return false;
  }
  if (!config_.cluster_id.empty() && config_.cluster_id != *cluster_id) {
    fail_with(fmt::format("The data directory belongs to cluster {}, but zookeeper.connect leads to cluster {}. Correct "
                          "log.dirs or zookeeper.connect, or start with an empty directory.",
                          config_.cluster_id, *cluster_id),
              out);
    return false;
  }
  cluster_id_ = *cluster_id;
  return true;
}

// False where the metadata is beyond what we know: nothing of it may be touched, not even by standing for election.
bool Registration::settle_level(const Reading& seen, node::Effects& out) {
  if (!seen.level.ok()) return true;  // a cluster of the first version, or one that nobody rules yet
  const auto level = metadata_level(seen.level.data);
  if (!level) {
    fail_with(fmt::format("{} is not readable: {}. Was it changed by hand? It holds a number.", paths::kMetadataVersion,
                          seen.level.data.substr(0, 80)),
              out);
    return false;
  }
  metadata_version_ = std::max(metadata_version_, *level);
  if (metadata_version_ <= config_.metadata_version) return true;
  fail_with(outdated_process(metadata_version_, config_.metadata_version), out);
  return false;
}

// Registered, as far as we know: is it still so?
void Registration::keep(Instant now, const Reading& seen, node::Effects& out) {
  if (!seen.epoch.ok() || seen.epoch.stat.version < registered_->version) {
    retry_in(now, kRetry);  // a server of the store that lags behind our own write
    return;
  }
  if (seen.epoch.stat.version > registered_->version) {
    if (BATON_MUTANT(same_incarnation_after_tombstone)) return write_whole(seen, incarnation_, out);
    lost("the registration of this broker was removed by the controller, or taken over", out);
    return;
  }
  if (!ready_) {
    control::RemovedMark mark;
    if (registered_->predecessor.is_none()) {
      ready_ = true;
    } else if (seen.removed.ok() && mark.ParseFromString(seen.removed.data) && mark.incarnation() == registered_->predecessor.raw()) {
      ready_ = true;
      if (!BATON_MUTANT(roles_below_mark)) floor_ = ControllerEpoch(mark.controller_epoch());
    } else {
      retry_in(now, kPoll);
    }
  }
  if (!seen.id.ok() || seen.id.stat.ephemeral_owner != session_) write_id(seen, out);
}

// Not registered: may we?
void Registration::come(Instant now, const Reading& seen, node::Effects& out) {
  if (!seen.epoch.ok()) {
    write_whole(seen, Incarnation(), out);
    return;
  }
  control::Registration former;
  if (!former.ParseFromString(seen.epoch.data) || former.incarnation().size() != 16) {
    fail_with(fmt::format("{} is not readable. Is this ZooKeeper path used by something else? Set a chroot in zookeeper.connect.",
                          paths::broker_epoch(config_.id)),
              out);
    return;
  }
  const Incarnation holder{Uuid::from_bytes(former.incarnation())};
  if (holder == incarnation_ && former.life() == control::Registration::LIVE) {  // our own write, whose reply was lost
    became({incarnation_, Incarnation(Uuid::from_bytes(former.predecessor())), BrokerEpoch(seen.epoch.stat.mzxid), seen.epoch.stat.version},
           out);
    keep(now, seen, out);
    return;
  }
  if (holder == incarnation_) {  // tombstoned before we saw our own registration; nothing was done as this incarnation
    incarnation_ = Incarnation(Uuid::random(random_));
    out.push_back(node::BecomeIncarnation{config_.id, incarnation_});
  }
  control::RemovedMark mark;
  const bool removed = seen.removed.ok() && mark.ParseFromString(seen.removed.data) && mark.incarnation() == holder.raw();
  if (removed || restarted_on_same_machine(former, config_.data_directory)) {
    write_whole(seen, holder, out);
    return;
  }
  wait_for_removal(now, former, seen, out);
}

void Registration::wait_for_removal(Instant now, const control::Registration& former, const Reading& seen, node::Effects& out) {
  retry_in(now, kPoll);
  const Incarnation holder{Uuid::from_bytes(former.incarnation())};
  if (former.life() != control::Registration::LIVE || !seen.id.ok()) {
    occupant_ = Incarnation();
    return;
  }
  if (occupant_ != holder) {
    occupant_ = holder;
    occupied_since_ = now;
  }
  // A dead process's session may linger for a whole time-out; one that outlives two is alive.
  if (now - occupied_since_ <= 2 * session_timeout_ + kOccupiedSlack) return;
  fail_with(fmt::format("broker.id {} is in use by a live process at {}:{} with another data directory. Give this broker an id of "
                        "its own, or stop the other one.",
                        config_.id.value(), former.control_host(), former.control_port()),
            out);
}

void Registration::write_whole(const Reading& seen, const Incarnation& predecessor, node::Effects& out) {
  calls_.submit(create_if_missing(paths::kBrokers, ""), out);
  for (const char* parent : {paths::kBrokerEpochs, paths::kBrokerIds, paths::kBrokersRemoved, paths::kBrokerLeases}) {
    calls_.submit(create_if_missing(parent, ""), out);
  }
  calls_.submit(create_if_missing(paths::broker_lease(config_.id), "0"), out);

  const std::string record = registration_record(config_, incarnation_, predecessor).SerializeAsString();
  store::Multi multi;
  if (seen.epoch.ok()) {
    multi.ops.push_back(store::SetData{paths::broker_epoch(config_.id), record, seen.epoch.stat.version});
  } else {
    multi.ops.push_back(store::Create{paths::broker_epoch(config_.id), record, store::NodeKind::kPersistent});
  }
  if (seen.id.ok()) multi.ops.push_back(store::Delete{paths::broker_id(config_.id), StoreVersion()});
  multi.ops.push_back(store::Create{paths::broker_id(config_.id), broker_json(config_), store::NodeKind::kEphemeral});
  // The level has not risen above us since we looked.
  if (seen.level.ok()) multi.ops.push_back(store::Check{paths::kMetadataVersion, seen.level.stat.version});
  writing_ = Writing{calls_.submit(std::move(multi), out), predecessor, true};
}

// Only the session expired: the version is still our own, which the multi checks once more.
void Registration::write_id(const Reading& seen, node::Effects& out) {
  store::Multi multi;
  multi.ops.push_back(store::Check{paths::broker_epoch(config_.id), registered_->version});
  if (seen.id.ok()) multi.ops.push_back(store::Delete{paths::broker_id(config_.id), StoreVersion()});
  multi.ops.push_back(store::Create{paths::broker_id(config_.id), broker_json(config_), store::NodeKind::kEphemeral});
  writing_ = Writing{calls_.submit(std::move(multi), out), registered_->predecessor, false};
}

void Registration::written(Instant now, const store::Reply& reply, node::Effects& out) {
  const Writing writing = *writing_;
  writing_.reset();
  if (failed_ || stopping_) return;
  if (reply.ok() && writing.whole && !reply.results.empty() && reply.results.front().stat.mzxid > 0) {
    became({incarnation_, writing.predecessor, BrokerEpoch(reply.results.front().stat.mzxid), reply.results.front().stat.version}, out);
  }
  const int failed_op = reply.failed_op();
  if (registered_ && !writing.whole && failed_op == 0 && (reply.error == StoreError::kBadVersion || reply.error == StoreError::kNoNode)) {
    lost("the registration of this broker was removed by the controller, or taken over", out);
    return;
  }
  // Whatever came of it is read back: a first registration's epoch, a lost reply, somebody else's write, the mark, and
  // the watch that tells of the tombstone.
  if (reply.error == StoreError::kConnectionLoss || !connected_) {
    retry_in(now, kRetry);
  } else {
    read(out);
  }
}

void Registration::became(const Registered& registered, node::Effects& out) {
  registered_ = registered;
  ready_ = false;
  floor_ = ControllerEpoch();
  control::Event event;
  event.mutable_registered()->set_incarnation(std::string(registered.incarnation.raw()));
  event.mutable_registered()->set_broker_epoch(registered.epoch.value());
  event.mutable_registered()->set_cluster_id(cluster_id_);
  out.push_back(node::HostEvent{std::move(event)});
}

void Registration::lost(const std::string& reason, node::Effects& out) {
  if (!registered_ || BATON_MUTANT(same_incarnation_after_tombstone)) return;
  registered_.reset();
  ready_ = false;
  stopping_ = true;
  out.push_back(node::LeaseDeadline{Instant{0}});
  control::Event event;
  event.mutable_stop()->set_reason(reason);
  out.push_back(node::HostEvent{std::move(event)});
}

void Registration::host_stopped(Instant now, node::Effects& out) {
  if (!stopping_) return;
  stopping_ = false;
  incarnation_ = Incarnation(Uuid::random(random_));
  out.push_back(node::BecomeIncarnation{config_.id, incarnation_});
  recheck(now, out);
}

void Registration::fail_with(std::string message, node::Effects& out) {
  if (registered_) lost("the broker can not go on", out);
  failed_ = true;
  retry_at_ = Instant::never();
  out.push_back(node::Fatal{std::move(message)});
}

}  // namespace baton::agent
