// The real store: a ZooKeeper ensemble, through the C library's threaded client (libzookeeper_mt).
//
// - The connect string is ZooKeeper's own, host:port[,host:port…][/chroot]. The chroot is handled here, not by the
//   library: its path is created, when it is missing, before kConnected is told, and no reply or watch shows it.
// - A request that ZooKeeper would break the connection for (kRequestBytesMax) is answered kTooLarge without being sent.
// - The library's log lines go to ours, at debug level.
// - The library shipped by Debian has no TLS, and nodes are created open to all.
//
// Threading: open(), close(), submit() and the destructor belong to one thread, the owner's. The listener and the
// callbacks run on the library's completion thread, or inside submit(), close() and open() for calls that the session
// can answer no more; never under a lock. They may only enqueue; they must never call open() or close(), which wait for
// that thread's end.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "controller/coordination/store.h"

namespace baton::store {

struct ZooKeeperOptions {
  std::string connect;                                        // `zookeeper.connect`
  Duration session_timeout = std::chrono::milliseconds(600);  // asked for; the ensemble's minSessionTimeout may raise it
};

// Whether a connect string is well formed; the error says what is wrong with it.
Status check_connect_string(const std::string& connect);

class ZooKeeperStore final : public Store {
 public:
  // REQUIRES: check_connect_string(options.connect).
  explicit ZooKeeperStore(ZooKeeperOptions options);
  ~ZooKeeperStore() override;

  void open(Listener listener) override;
  void close() override;
  void submit(Request request, Callback callback) override;

 private:
  class Session;
  ZooKeeperOptions options_;
  std::unique_ptr<Session> session_;
};

}  // namespace baton::store
