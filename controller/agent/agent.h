// A broker's agent: its side of the leadership protocol, as one pure step. Holds its registration (R1), its lease (R5),
// its control stream (R7), its image of the cluster, and tells the host its roles. Of a process that is a controller alone
// (Config::broker) there is only the stream and the image: what makes it a standby.
//
// Takes of the node's events: StoreReplied of its own calls (Calls::owns), StoreHappened, StreamConnected, FrameReceived
// and StreamClosed of its own streams (owns()), HostRequested, HostStopped, Woken. Anything else is ignored.
// `now` must have been read before the effects of the step are carried out: a renewal counts from it.
#pragma once

#include "base/random.h"
#include "controller/agent/controller_watch.h"
#include "controller/agent/leader_history.h"
#include "controller/agent/lease.h"
#include "controller/agent/own_words.h"
#include "controller/agent/registration.h"
#include "controller/agent/requests.h"
#include "controller/agent/roles.h"
#include "controller/agent/stream.h"
#include "controller/agent/watch_set.h"

namespace baton::agent {

// For metrics.
struct Health {
  bool connected = false;  // to the store
  bool follows = false;    // a controller, on a stream
  Duration lease_remaining{};
  int64_t lease_renewals = 0;
  int64_t refused_stale = 0;  // controllers
};

class Agent {
 public:
  // `random` must outlive the agent.
  Agent(Config config, Random& random);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Before the first step, and before the session is opened: says who we are.
  node::Effects start();
  node::Effects step(Instant now, const node::Event& event);

  static bool owns_call(uint64_t call) { return Calls::owns(call); }
  bool owns_stream(node::StreamId stream) const { return stream_.owns(stream); }
  Instant wake_at() const;
  // The cluster's metadata is beyond what this process knows: it stops, and says why.
  void outdated(std::string why, node::Effects& out);

  const Image& image() const { return image_; }
  const LeaderHistory& leader_history() const { return leader_history_; }
  // Changes when this process was tombstoned and comes back; BecomeIncarnation tells.
  const Incarnation& incarnation() const { return registration_.incarnation(); }
  const std::optional<Registered>& registered() const { return registration_.current(); }
  const std::string& cluster_id() const { return registration_.cluster_id(); }
  bool ready() const { return registration_.ready(); }
  ControllerEpoch highest_controller_epoch() const { return stream_.highest_epoch(); }
  // A controller follows on our stream, and when it last gave a sign of life; Instant{}: no connection stands.
  bool hears_controller() const { return stream_.following() != 0; }
  Instant controller_last_heard() const { return stream_.last_heard(); }
  // Where the controller is that was last heard of.
  const std::optional<ControllerLocation>& controller_location() const { return stream_.location(); }
  Instant lease_until() const { return lease_.until(); }
  // The host has said so: no lease is renewed meanwhile.
  bool stalled() const { return stalled_; }
  size_t roles() const { return roles_.held(); }
  Health health(Instant now) const;
  // What this node knows of the cluster; the node adds what only a controller knows.
  void fill(Instant now, bool summary, control::Status& status) const;

 private:
  void on(Instant now, const node::StoreReplied& event, node::Effects& out);
  void on(Instant now, const node::StoreHappened& event, node::Effects& out);
  void on(Instant now, const node::StreamConnected& event, node::Effects& out);
  void on(Instant now, const node::FrameReceived& event, node::Effects& out);
  void on(Instant now, const node::StreamClosed& event, node::Effects& out);
  void on(Instant now, const node::HostRequested& event, node::Effects& out);
  void on(Instant now, const node::HostStopped& event, node::Effects& out);
  void on(Instant now, const node::Woken& event, node::Effects& out);
  void on(Instant, const node::DeathProven&, node::Effects&) {}
  void on(Instant, const node::ElectionKept&, node::Effects&) {}
  void on(Instant, const node::ShutdownRequested&, node::Effects&) {}

  // After every event: what one part has learned is made known to the others.
  void settle(Instant now, node::Effects& out);
  void applied(Instant now, const control::Delta& delta, node::Effects& out);
  void tell_candidates(const control::Delta& delta, node::Effects& out);
  void tell_roles(const control::Delta* delta, node::Effects& out);
  void say_stopped(const control::Request& request, node::Effects& out);
  control::StreamHello hello() const;
  void vouch(control::StreamHello& hello) const;

  const Config config_;
  Calls calls_;
  Registration registration_;
  Lease lease_;
  ControllerWatch controller_watch_;
  Stream stream_;
  Requests requests_;
  Image image_;
  LeaderHistory leader_history_;
  Roles roles_;
  OwnWords words_;
  WatchSet watch_set_;
  node::StreamId followed_ = 0;  // the stream on which requests are under way
  bool leaving_ = false;         // the host has asked to leave, in good order
  bool stalled_ = false;         // a part of the host makes no progress: no lease is renewed and no controller heard
  bool was_registered_ = false;
  bool was_ready_ = false;
};

}  // namespace baton::agent
