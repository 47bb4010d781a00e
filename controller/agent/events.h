// What goes into a node and what comes out of it. A node is one process's whole manager as a pure core (runtime/node.h):
// elector, claim, agent of its broker and, while it rules, controller. Its shell (the event thread with sockets and ZooKeeper, or
// the simulator) turns the world into events and effects into the world.
//
// Effects are carried out in their order. Every StoreCall is answered by exactly one StoreReplied with its id.
//
// The words stand here, at the lowest part that speaks them: the agent takes some of these events and gives some of these
// effects, the node passes them through and adds its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "controller/coordination/store.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

// A control connection as the shell numbers it; never reused within a process. Those that the node asks for (Connect)
// carry numbers that the node chose, odd; those accepted by the listener carry even ones.
using StreamId = uint64_t;

// ---- events --------------------------------------------------------------------------------------------------------

struct StoreReplied {
  uint64_t call = 0;
  store::Reply reply;
};
struct StoreHappened {
  store::StoreEvent event;
};
// The connection asked for by Connect is up; nothing was sent on it yet.
struct StreamConnected {
  StreamId stream = 0;
};
// A frame on a control stream. An accepted connection is announced by its first frame (StreamHello or a Request); a
// connection whose first frame is WatchHello belongs to the shell and never reaches the node.
struct FrameReceived {
  StreamId stream = 0;
  control::Frame frame;
};
// Closed by the other end, refused, or broken. Not raised for a Close that the node asked for.
struct StreamClosed {
  StreamId stream = 0;
};
// R6: this incarnation of process `id` is gone, by EOF and a refused reconnection (or another incarnation answering).
// Never raised on a reset, a time-out, or a refusal alone.
struct DeathProven {
  BrokerId id;
  Incarnation incarnation;
};
// The host submitted a request; its answer is a HostEvent with a Response of the same correlation.
struct HostRequested {
  control::Request request;
};
// The host has stopped all its roles (its answer to Event.stop).
struct HostStopped {};
// The instant asked for by WakeAt has come.
struct Woken {};
// The state with this number, or a later one, survives a power cut (KeepElection).
struct ElectionKept {
  uint64_t number = 0;
};
// The process is asked to end in good order: hand everything over, then Ended.
struct ShutdownRequested {};

using Event = std::variant<StoreReplied, StoreHappened, StreamConnected, FrameReceived, StreamClosed, DeathProven, HostRequested,
                           HostStopped, Woken, ElectionKept, ShutdownRequested>;

// ---- effects -------------------------------------------------------------------------------------------------------

struct OpenSession {};
struct CloseSession {};
struct StoreCall {
  uint64_t call = 0;
  store::Request request;
};
struct Connect {
  StreamId stream = 0;
  std::string host;
  int port = 0;
};
struct Send {
  Send(StreamId to, control::Frame what) : stream(to), frame(std::make_shared<const control::Frame>(std::move(what))) {}
  Send(StreamId to, std::shared_ptr<const control::Frame> what) : stream(to), frame(std::move(what)) {}

  StreamId stream = 0;
  std::shared_ptr<const control::Frame> frame;  // the same one for all that are told the same: it is put into bytes once
};
struct Close {
  StreamId stream = 0;
};
// Keep a watch connection open to this process's control listener, so that it can prove our death (R6). The shell
// reopens it whenever it breaks, until told otherwise. Replaces the former set whole.
struct WatchedBy {
  struct Peer {
    BrokerId id;
    Incarnation incarnation;
    std::string host;
    int port = 0;
    friend bool operator==(const Peer&, const Peer&) = default;
  };
  std::vector<Peer> peers;
};
// Who we are on watch connections from now on: sent before anything is done as this incarnation.
struct BecomeIncarnation {
  BrokerId id;
  Incarnation incarnation;
};
struct HostEvent {
  control::Event event;
};
// Until when the host may act on the lease; Instant{0}: no lease.
struct LeaseDeadline {
  Instant until;
};
// The next Woken is wanted at this instant; replaces the former wish. Instant::never(): none.
struct WakeAt {
  Instant at;
};
// Make these bytes durable in the place of those before, then say ElectionKept: what a candidate has promised its peers. Numbers grow; of
// several that wait only the last need be written.
struct KeepElection {
  uint64_t number = 0;
  std::string bytes;
};
// Can not go on; every role has been stopped. A sentence that says what to do.
struct Fatal {
  std::string message;
};
// The answer to ShutdownRequested: nothing more to hand over; close the session and go.
struct Ended {};

using Effect = std::variant<OpenSession, CloseSession, StoreCall, Connect, Send, Close, WatchedBy, BecomeIncarnation, HostEvent,
                            LeaseDeadline, WakeAt, KeepElection, Fatal, Ended>;
using Effects = std::vector<Effect>;

}  // namespace baton::node
