// The shell of a node: one event thread with the control channel, the store and the timers around the pure core. The world
// comes in as events, one at a time; effects are carried out in their order before the next event is looked at.
//
// Threading: submit(), stopped() and lease_deadline_ns() from any thread; open() and close() by the owner, close() never
// from a callback. Callbacks run on the event thread and must not block.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/latency_summary.h"
#include "base/posix_file_system.h"
#include "base/result.h"
#include "controller/coordination/store.h"
#include "controller/runtime/control_listener.h"
#include "controller/runtime/file_keeper.h"
#include "controller/runtime/node.h"
#include "controller/runtime/streams.h"
#include "controller/runtime/watched.h"

namespace baton::node {

struct ShellConfig {
  NodeConfig node;  // its control host and port are filled in here
  network::Address control_listener{"127.0.0.1", 0};
  std::string control_advertised_host;  // empty: the listener's
  int control_advertised_port = 0;      // 0: the bound one
  bool proof_of_death = true;
  std::string election_directory;  // where a candidate keeps what it has promised its peers
  // close(): how long handing over may take.
  Duration close_timeout = std::chrono::seconds(5);
};

class Shell {
 public:
  struct Host {
    Function<void(const control::Event&)> on_event;
    Function<void(const std::string&)> on_fatal;
  };

  // Binds the control listener and starts the event thread.
  static Result<std::unique_ptr<Shell>> open(ShellConfig config, std::unique_ptr<store::Store> store, Host host);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  // Answered exactly once, by an Event with a Response, also by close(). False: closed already, there will be no answer.
  bool submit(control::Request request);
  // The host has stopped all its roles.
  void stopped();
  // Nanoseconds on CLOCK_BOOTTIME; 0: no lease. Wait-free.
  int64_t lease_deadline_ns() const { return lease_deadline_ns_.load(std::memory_order_acquire); }
  // Hands over, ends the session, joins the thread. Idempotent.
  void close();

  int control_port() const { return control_port_; }

 private:
  Shell(ShellConfig config, std::unique_ptr<store::Store> store, Host host, network::Fd listener);

  void feed(Event event);
  void carry_out(Effects effects);
  void carry_out(Effect& effect);
  void perform(StoreCall call);
  // What one frame is on the wire; of the last one asked for it is known.
  const std::string& bytes_of(const std::shared_ptr<const control::Frame>& frame);
  void tell(control::Event event);
  // What only the shell can see, for metrics.
  void add_measurements(control::Measurements& measurements) const;
  void wake_at(Instant at);
  void keep_election(KeepElection wish);
  void finish();
  void answer_what_is_open();

  ShellConfig config_;
  Host host_;
  SystemClock clock_;
  SystemRandom random_;
  int control_port_ = 0;
  std::atomic<int64_t> lease_deadline_ns_{0};

  network::Reactor reactor_;  // outlives whatever runs on it
  std::unique_ptr<Node> node_;
  std::unique_ptr<network::Timer> wake_;
  std::unique_ptr<network::Timer> close_limit_;
  std::unique_ptr<DialledStreams> dialled_;
  std::unique_ptr<Watched> watched_;
  std::unique_ptr<ControlListener> listener_;  // goes first: see ~ControlListener
  std::unique_ptr<store::Store> store_;
  PosixFileSystem files_;
  std::unique_ptr<FileKeeper> promises_;

  LatencySummary store_latency_;  // of its calls
  LatencySummary queue_latency_;  // of their answers, until this thread takes them
  std::deque<Event> events_;      // waiting while one is being stepped
  bool stepping_ = false;
  std::shared_ptr<const control::Frame> last_frame_;  // while effects are carried out
  std::string last_bytes_;
  bool finished_ = false;

  std::mutex mutex_;  // guards the two below; held for a moment, never across a callback
  std::multiset<uint64_t> open_requests_;
  bool closed_ = false;

  std::thread thread_;
};

}  // namespace baton::node
