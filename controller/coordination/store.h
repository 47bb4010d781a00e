// The coordination store, as the manager sees it: a small tree of versioned nodes with sessions, ephemeral and sequential
// nodes, conditional multis and one-shot watches. ZooKeeper is the real one (zookeeper_store.h); a deterministic twin in
// memory (memory_store.h) passes the same contract suite and carries the simulator.
//
// Requests and replies are values, so that a pure core can ask for a call as a decision and take its reply as an event.
//
// Contract
// - Calls of one session take effect and are answered in the order in which they were submitted.
// - kConnectionLoss means that the outcome is UNKNOWN: the call may have taken effect. It is an event of its own.
// - After kSessionExpired nothing submitted on that session takes effect any more; open() starts a new session.
// - A watch fires once, before any reply that shows the change. It is set by a successful read (Get, Children) or by any
//   Exists. Watches die with the session; on a mere reconnection they are kept.
// - Reads are not linearizable: nothing is decided from a read alone, only by a conditional multi.
//
// Threading: callbacks and the listener run on the store's own thread (the twin: inside its scheduler). They may only
// enqueue: no lock is held across them, and no call is made from inside one that waits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace baton::store {

enum class StoreError : uint8_t {
  kOk,
  kNoNode,
  kNodeExists,
  kBadVersion,
  kNotEmpty,
  kNoChildrenForEphemerals,
  kRolledBack,      // this op of a multi was fine, another one failed
  kConnectionLoss,  // outcome unknown
  kSessionExpired,
  kClosed,
  kTooLarge,
  kAccessDenied,
  kOther,
};
std::string_view name_of(StoreError error);

struct Stat {
  int64_t czxid = 0;  // transaction that created the node
  int64_t mzxid = 0;  // transaction that last set its data
  StoreVersion version;
  int64_t ephemeral_owner = 0;  // session id, 0 when persistent
  friend bool operator==(const Stat&, const Stat&) = default;
};

enum class NodeKind : uint8_t { kPersistent, kEphemeral, kEphemeralSequential, kPersistentSequential };

struct Create {
  std::string path;
  std::string data;
  NodeKind kind = NodeKind::kPersistent;
};
struct SetData {
  std::string path;
  std::string data;
  StoreVersion expected;  // none: any version
};
struct Delete {
  std::string path;
  StoreVersion expected;  // none: any version
};
// Passes when the node exists and, unless `expected` is none, has that version.
struct Check {
  std::string path;
  StoreVersion expected;
};
using Op = std::variant<Create, SetData, Delete, Check>;

struct Get {
  std::string path;
  bool watch = false;
};
struct Exists {
  std::string path;
  bool watch = false;
};
struct Children {
  std::string path;
  bool watch = false;
};
// All or nothing. A single write is a multi of one.
struct Multi {
  std::vector<Op> ops;
};
using Request = std::variant<Get, Exists, Children, Multi>;

// What a request weighs on the wire, rounded up. ZooKeeper breaks the connection of a client that sends more than its
// jute.maxbuffer, so larger requests are answered with kTooLarge without being sent.
size_t size_of(const Request& request);
inline constexpr size_t kRequestBytesMax = 0xfffff;  // jute.maxbuffer's default, bytes

struct OpResult {
  StoreError error = StoreError::kOk;
  std::string created_path;  // Create: the real name, with the sequence number
  Stat stat;                 // SetData only: the C client's multi has no create2, so read a created node back
};
struct Reply {
  StoreError error = StoreError::kOk;  // a failed multi: the error of the first op that failed
  std::string data;                    // Get
  Stat stat;                           // Get, Exists
  std::vector<std::string> children;   // Children: names, sorted
  std::vector<OpResult> results;       // Multi: one per op, also when it failed
  bool ok() const { return error == StoreError::kOk; }
  // The index of the op that refused a multi, or -1.
  int failed_op() const;
};

enum class SessionState : uint8_t {
  kConnected,  // session_id and timeout are set
  kSuspended,  // no connection; the session may live or have expired
  kExpired,    // told by the store: all ephemerals are gone
};
struct SessionChanged {
  SessionState state = SessionState::kSuspended;
  int64_t session_id = 0;
  Duration negotiated_timeout{};
};
enum class WatchKind : uint8_t { kCreated, kDeleted, kChanged, kChildren };
struct WatchFired {
  WatchKind kind = WatchKind::kChanged;
  std::string path;
};
using StoreEvent = std::variant<SessionChanged, WatchFired>;

class Store {
 public:
  using Callback = std::function<void(Reply)>;
  using Listener = std::function<void(StoreEvent)>;
  virtual ~Store() = default;

  // Starts a session. Again after kExpired (or close()): a new one; whatever was queued on the old one is answered first,
  // with kSessionExpired or kClosed.
  virtual void open(Listener listener) = 0;
  // Ends the session: its ephemerals vanish at once. Idempotent.
  virtual void close() = 0;
  virtual void submit(Request request, Callback callback) = 0;
};

}  // namespace baton::store
