// A TCP proxy between a client and a server of 127.0.0.1, to cut, freeze and delay what runs through it. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <string>
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
  // Each byte arrives so much later than it was sent, in either direction. The end of a connection is not delayed.
  void slow_down(std::chrono::milliseconds by);
  void restore();

 private:
  enum class Mode { kPass, kCut, kFrozen };
  using Time = std::chrono::steady_clock::time_point;
  struct Chunk {
    Time due;
    std::string bytes;
  };
  struct Pair {
    int client = -1;
    int server = -1;
    std::deque<Chunk> to_server;
    std::deque<Chunk> to_client;
  };

  void run();
  void accept_one();
  // Each false at the end of the connection.
  bool take(int from, std::deque<Chunk>& into) const;
  static bool give(std::deque<Chunk>& from, int to);
  int wait_ms() const;
  void drop(size_t index);

  const int target_port_;
  int port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<Mode> mode_ = Mode::kPass;
  std::atomic<int64_t> delay_ms_ = 0;
  std::atomic<bool> stop_ = false;
  std::vector<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace baton::support
