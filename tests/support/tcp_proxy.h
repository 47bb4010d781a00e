// A TCP proxy between a client and a server of 127.0.0.1, to cut and freeze what runs through it. Thread-safe.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace baton::support {

class TcpProxy {
 public:
  // Listens on a port of its own and connects to `target_port` for each connection that it accepts.
  explicit TcpProxy(int target_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }
  // Closes every connection, and every new one at once, until restore().
  void cut();
  // Connections stay up, but no byte passes, until restore(): silence.
  void freeze();
  void restore();

 private:
  enum class Mode { kPass, kCut, kFrozen };
  struct Pair {
    int client = -1;
    int server = -1;
  };

  void run();
  void accept_one();
  bool shovel(int from, int to);
  void drop(size_t index);

  const int target_port_;
  int port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<Mode> mode_ = Mode::kPass;
  std::atomic<bool> stop_ = false;
  std::vector<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace baton::support
