// The shell of one leadership: an event thread with the store and a timer around the pure core.
//
// Threading: resign(), stopped(), deadline_ns(), epoch() and ask() from any thread, ask() not from a callback; open() and close() by the
// owner, close() never from a callback. Callbacks run one at a time on the event thread and must not block.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/network/reactor.h"
#include "base/random.h"
#include "base/result.h"
#include "controller/coordination/store.h"
#include "controller/lead/leadership.h"

namespace baton::lead {

struct CampaignerConfig {
  std::string name;
  std::string elector = "zookeeper";
  Fields who;
  Duration notice{};
  std::string connect;  // `zookeeper.connect`
  Duration session = std::chrono::seconds(2);
};

struct CampaignerCallbacks {
  std::function<void(const Lead&)> on_lead;
  std::function<void(Instant)> on_extended;
  std::function<void(const Stop&)> on_stop;
  std::function<void(const Ended&)> on_ended;
  std::function<void(const Refused&)> on_refused;
  std::function<void(bool)> on_connected;  // to the store, or no longer
};

// The electors that a leadership may choose from, for an error's text and for help.
std::string known_electors();
// What is wrong with name, elector, connect string and times; the error says what to do.
Status check(const CampaignerConfig& config);

class Campaigner {
 public:
  // REQUIRES: check(config). Campaigns at once.
  Campaigner(const CampaignerConfig& config, CampaignerCallbacks callbacks);
  ~Campaigner() { close(); }
  Campaigner(const Campaigner&) = delete;
  Campaigner& operator=(const Campaigner&) = delete;

  void resign();
  // Nothing acts any more.
  void stopped();
  // Until when the leadership is certain: nanoseconds on CLOCK_BOOTTIME, 0 when there is none. Wait-free.
  int64_t deadline_ns() const { return deadline_ns_.load(std::memory_order_acquire); }
  // The token of the leadership, 0 when there is none.
  int32_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  const std::string& guid() const { return guid_; }
  // One question to the store on this session; kConnectionLoss when there is no answer in time.
  store::Reply ask(store::Request request, Duration at_most);
  // The host has stopped: resigns, ends the session, joins the thread. Idempotent.
  void close();

 private:
  void feed(const Event& event);
  void carry_out(const Decision& decision);
  void open_store();
  void wake_at(Instant at);

  CampaignerCallbacks callbacks_;
  SystemClock clock_;
  SystemRandom random_;
  std::string guid_;
  std::atomic<int64_t> deadline_ns_{0};
  std::atomic<int32_t> epoch_{0};
  std::atomic<bool> closing_{false};

  network::Reactor reactor_;
  std::unique_ptr<network::Timer> timer_, close_limit_;
  std::unique_ptr<Leadership> core_;
  std::unique_ptr<store::Store> store_;
  std::thread thread_;
};

}  // namespace baton::lead
