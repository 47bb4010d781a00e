// A ZooKeeper of one's own: one real server process (Debian's jars) with its data in a temporary directory. Its data
// survives kill() and start(), as a real one's does. Not thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace baton::support {

class ZooKeeperServer {
 public:
  struct Options {
    std::chrono::milliseconds tick{100};                 // sessions expire on multiples of a tick
    std::chrono::milliseconds min_session_timeout{200};  // ZooKeeper's own default is two ticks
    std::chrono::milliseconds max_session_timeout{60'000};
    int heap_mb = 96;
    std::string address = "127.0.0.1";
    std::vector<std::string> launcher;  // put before the command, see NetworkLab
    int port = 0;                       // chosen unless given
    int id = 0;                         // in an ensemble
    std::string more;                   // further lines of its configuration
  };

  // Does not start it yet. The port is chosen here and kept over restarts.
  ZooKeeperServer() : ZooKeeperServer(Options{}) {}
  explicit ZooKeeperServer(Options options);

  // Returns when it serves requests. Aborts with the server's own output if it does not within 60 s: a test that needs a
  // server fails loudly without it.
  void start();
  // The two halves of start(), for servers that serve only together.
  void begin();
  void wait_until_it_serves();
  // SIGKILL. Clients see a connection that breaks; sessions live on in its log.
  void kill() { process_.kill(); }
  // SIGTERM, and waits for the end.
  void stop();
  // SIGSTOP and SIGCONT: connections stay up, nothing answers.
  void pause();
  void resume();
  bool running() { return process_.running(); }
  // leader, follower or standalone; empty while it serves nobody.
  std::string mode() const;

  int port() const { return port_; }
  // address:port, to which a chroot may be appended.
  std::string connect_string() const;
  const TempDir& dir() const { return dir_; }

 private:
  Options options_;
  TempDir dir_;
  int port_;
  ChildProcess process_;
};

}  // namespace baton::support
