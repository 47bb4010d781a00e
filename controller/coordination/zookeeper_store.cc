#include "controller/coordination/zookeeper_store.h"

#include <string.h>

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "controller/coordination/zookeeper_call.h"

namespace baton::store {
namespace {

struct Address {
  std::string hosts;
  std::string chroot;  // empty, or /a/b without a slash at the end
};

Address split(const std::string& connect) {
  size_t slash = connect.find('/');
  Address address{.hosts = connect.substr(0, slash), .chroot = {}};
  if (slash != std::string::npos) address.chroot = connect.substr(slash);
  while (address.chroot.ends_with('/')) address.chroot.pop_back();
  return address;
}

void log_line(const char* line) {
  log::debug("zookeeper client: {}", line);
}

int64_t in_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

WatchKind kind_of(int type) {
  if (type == ZOO_CREATED_EVENT) return WatchKind::kCreated;
  if (type == ZOO_DELETED_EVENT) return WatchKind::kDeleted;
  if (type == ZOO_CHILD_EVENT) return WatchKind::kChildren;
  return WatchKind::kChanged;
}

}  // namespace

Status check_connect_string(const std::string& connect) {
  Address address = split(connect);
  auto wrong = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidConfig, "zookeeper.connect=" + connect + ": " + why + "; expected host:port[,host:port…][/chroot]");
  };
  if (address.hosts.empty()) return wrong("no host");
  if (address.chroot.find("//") != std::string::npos) return wrong("an empty name in the chroot");
  for (size_t from = 0; from <= address.hosts.size();) {
    size_t comma = std::min(address.hosts.find(',', from), address.hosts.size());
    std::string host = address.hosts.substr(from, comma - from);
    size_t colon = host.rfind(':');
    bool port_is_number = colon != std::string::npos && colon + 1 < host.size() && host.size() - colon <= 6 &&
                          host.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    if (!port_is_number || colon == 0) return wrong("'" + host + "' is no host:port");
    from = comma + 1;
  }
  return {};
}

// One session from open to close, with the calls that it still owes an answer.
class ZooKeeperStore::Session {
 public:
  Session(const ZooKeeperOptions& options, Listener listener)
      : address_(split(options.connect)), asked_(options.session_timeout), listener_(std::move(listener)) {}

  void open() {
    // The library logs from the very start, so that its level and its door are set first.
    zoo_set_debug_level(ZOO_LOG_LEVEL_WARN);
    handle_ =
        zookeeper_init2(address_.hosts.c_str(), &on_event, static_cast<int>(in_ms(asked_)), nullptr, this, ZOO_NO_LOG_CLIENTENV, &log_line);
    if (handle_ == nullptr) return log::error("cannot reach ZooKeeper at {}: {}", address_.hosts, strerror(errno));
    // Names are looked up when a connection is lost, and not, as is the default, before each use of one: a name server that
    // stalls must not cost a session.
    zoo_set_servers_resolution_delay(handle_, -1);
  }

  // Every call is answered when this returns, and nothing is told afterwards.
  void close() {
    closing_ = true;
    if (handle_ != nullptr) zookeeper_close(handle_);
    handle_ = nullptr;
    for (;;) {
      std::unique_ptr<Pending> left;
      {
        std::lock_guard lock(mutex_);
        if (pending_.empty()) return;
        left = std::move(pending_.begin()->second);
        pending_.erase(pending_.begin());
      }
      Reply reply;
      reply.error = expired_ ? StoreError::kSessionExpired : StoreError::kClosed;
      left->callback(std::move(reply));
    }
  }

  void submit(Request request, Callback callback) {
    auto fresh = std::make_unique<Pending>(*this, std::move(request), std::move(callback));
    Pending* call = fresh.get();
    {
      std::lock_guard lock(mutex_);
      call->id = next_id_++;
      pending_.emplace(call->id, std::move(fresh));
    }
    int code = send(*call);
    if (code == ZOK) return;
    Reply reply;
    reply.error = translate(code);
    answer_in_turn(*call, std::move(reply));
  }

 private:
  struct Pending {
    Pending(Session& in, Request request, Callback answer)
        : session(in), callback(std::move(answer)), raw(in.address_.chroot, std::move(request), &on_reply, this) {}
    Session& session;
    uint64_t id = 0;
    Callback callback;
    bool refused = false;  // the library did not take it: answered as soon as those before it are
    Reply refusal;
    ZooKeeperCall raw;
  };

  // The library takes some calls even on a session that is over, and says that the connection was lost.
  int send(Pending& call) {
    if (handle_ == nullptr) return ZCONNECTIONLOSS;
    return expired_ || is_unrecoverable(handle_) ? ZSESSIONEXPIRED : call.raw.send(handle_);
  }

  static void on_reply(void* context, Reply reply) {
    Pending& call = *static_cast<Pending*>(context);
    call.session.answer(call, std::move(reply));
  }

  void answer(Pending& call, Reply reply) {
    std::unique_ptr<Pending> mine;
    {
      std::lock_guard lock(mutex_);
      auto found = pending_.find(call.id);
      mine = std::move(found->second);
      pending_.erase(found);
    }
    if (expired_ && reply.error == StoreError::kClosed) reply.error = StoreError::kSessionExpired;
    mine->callback(std::move(reply));
    answer_refused();
  }

  void answer_in_turn(Pending& call, Reply refusal) {
    {
      std::lock_guard lock(mutex_);
      call.refused = true;
      call.refusal = std::move(refusal);
    }
    answer_refused();
  }

  void answer_refused() {
    for (;;) {
      std::unique_ptr<Pending> first;
      {
        std::lock_guard lock(mutex_);
        if (pending_.empty() || !pending_.begin()->second->refused) return;
        first = std::move(pending_.begin()->second);
        pending_.erase(pending_.begin());
      }
      first->callback(std::move(first->refusal));
    }
  }

  static void on_event(zhandle_t* handle, int type, int state, const char* path, void* context) {
    Session& session = *static_cast<Session*>(context);
    if (session.closing_ || session.expired_) return;
    if (type != ZOO_SESSION_EVENT) return session.on_watch(type, path);
    if (state == ZOO_CONNECTED_STATE) return session.on_connected(handle);
    if (state == ZOO_EXPIRED_SESSION_STATE) return session.on_expired();
    if (state == ZOO_AUTH_FAILED_STATE) log::error("ZooKeeper refuses our authentication");
    session.on_suspended();
  }

  void on_watch(int type, const char* path) {
    std::string shown = path;
    if (!address_.chroot.empty()) shown = shown.size() == address_.chroot.size() ? "/" : shown.substr(address_.chroot.size());
    listener_(WatchFired{.kind = kind_of(type), .path = std::move(shown)});
  }

  void on_connected(zhandle_t* handle) {
    id_ = zoo_client_id(handle)->client_id;
    timeout_ = std::chrono::milliseconds(zoo_recv_timeout(handle));
    if (timeout_ > asked_ && !warned_.exchange(true)) {
      log::warn(
          "ZooKeeper grants sessions of {} ms, not the {} ms asked for: set its minSessionTimeout lower, or silent brokers are noticed "
          "later",
          in_ms(timeout_), in_ms(asked_));
    }
    make_chroot(handle, 1);
  }

  // Creates the chroot's names one after another, then tells that we are connected. Runs on the completion thread.
  void make_chroot(zhandle_t* handle, size_t from) {
    if (chroot_made_ || from >= address_.chroot.size()) {
      chroot_made_ = true;
      connected_ = true;
      return listener_(SessionChanged{.state = SessionState::kConnected, .session_id = id_, .negotiated_timeout = timeout_});
    }
    struct Step {
      Session& session;
      zhandle_t* handle;
      size_t next;
    };
    size_t end = std::min(address_.chroot.find('/', from), address_.chroot.size());
    auto on_created = [](int code, const char*, const void* context) {
      std::unique_ptr<const Step> step(static_cast<const Step*>(context));
      if (code == ZCONNECTIONLOSS || code == ZOPERATIONTIMEOUT || code == ZCLOSING || code == ZSESSIONEXPIRED)
        return;  // the next connection tries again
      if (code != ZOK && code != ZNODEEXISTS) log::warn("cannot create the chroot {}: {}", step->session.address_.chroot, zerror(code));
      step->session.make_chroot(step->handle, step->next);
    };
    auto* step = new Step{.session = *this, .handle = handle, .next = end + 1};
    std::string path = address_.chroot.substr(0, end);
    if (zoo_acreate(handle, path.c_str(), "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, on_created, step) != ZOK) delete step;
  }

  void on_suspended() {
    if (!std::exchange(connected_, false)) return;
    listener_(SessionChanged{.state = SessionState::kSuspended, .session_id = id_, .negotiated_timeout = timeout_});
  }

  void on_expired() {
    expired_ = true;
    connected_ = false;
    listener_(SessionChanged{.state = SessionState::kExpired, .session_id = id_, .negotiated_timeout = timeout_});
  }

  const Address address_;
  const Duration asked_;
  const Listener listener_;
  zhandle_t* handle_ = nullptr;  // the owner's thread alone
  std::atomic<bool> closing_ = false;
  std::atomic<bool> expired_ = false;
  inline static std::atomic<bool> warned_ = false;

  // The completion thread alone.
  int64_t id_ = 0;
  Duration timeout_{};
  bool connected_ = false;
  bool chroot_made_ = false;

  std::mutex mutex_;  // guards what follows; held for map operations only
  uint64_t next_id_ = 1;
  std::map<uint64_t, std::unique_ptr<Pending>> pending_;
};

ZooKeeperStore::ZooKeeperStore(ZooKeeperOptions options) : options_(std::move(options)) {
  BATON_ASSERT(check_connect_string(options_.connect).has_value());
}

ZooKeeperStore::~ZooKeeperStore() {
  close();
}

void ZooKeeperStore::open(Listener listener) {
  close();
  session_ = std::make_unique<Session>(options_, std::move(listener));
  session_->open();
}

void ZooKeeperStore::close() {
  if (session_ == nullptr) return;
  session_->close();
  session_.reset();
}

void ZooKeeperStore::submit(Request request, Callback callback) {
  if (session_ != nullptr) return session_->submit(std::move(request), std::move(callback));
  Reply reply;
  reply.error = StoreError::kClosed;
  callback(std::move(reply));
}

}  // namespace baton::store
