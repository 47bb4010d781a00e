// One rule: from a claim that was confirmed to its end. Holds the controller core and gives it what it needs: what the
// store holds (loader, broker reader), the fenced door for its writes, and the control streams of the brokers, over which
// it tells what was confirmed (R7).
//
// Candidates that are no brokers hold streams, too, as observers: they follow the image, and the core does not hear of them.
//
// Pure; events in, effects out. The node makes one for each epoch that it wins and drops it when over().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "controller/agent/config.h"
#include "controller/agent/events.h"
#include "controller/agent/leader_history.h"
#include "controller/decision/controller.h"
#include "controller/election/preference.h"
#include "controller/runtime/broker_reader.h"
#include "controller/runtime/door.h"
#include "controller/runtime/flight_recorder.h"
#include "controller/runtime/history_node.h"
#include "controller/runtime/leader_record.h"
#include "controller/runtime/loader.h"

namespace baton::node {

struct RulerConfig {
  BrokerId self;
  Incarnation incarnation;
  std::string cluster_id;
  ControllerEpoch epoch;
  StoreVersion epoch_version;
  Duration wall_offset{};  // the wall clock less the clock of the events
  decision::ControllerConfig controller;
  // Without a connection to the store for so long, nobody is kept waiting for a change.
  Duration store_patience = std::chrono::milliseconds(250);
  // For the flight recorder: how it came to this rule, when deaths became certain, and the wall clock.
  ElectionStart election;
  std::map<Incarnation, Instant> proven;
  FlightRecorder::WallClock wall;
};

// The last stages of failovers that this process decided, for status and drills. Bounded.
class Timeline {
 public:
  void add(Instant now, ControllerEpoch epoch, const decision::Milestone& milestone);
  const std::deque<control::FailoverStage>& stages() const { return stages_; }

 private:
  static constexpr size_t kKept = 512;
  std::deque<control::FailoverStage> stages_;
};

class Ruler {
 public:
  // `next_call` hands out ids of store calls; it and the rest must outlive the ruler.
  Ruler(RulerConfig config, Random& random, std::function<uint64_t()> next_call, Timeline& timeline, const agent::LeaderHistory& history,
        const agent::Image& image, std::set<Incarnation> proven_dead);

  void start(Instant now, Effects& out);
  // False when the reply is not one of ours.
  bool replied(Instant now, const StoreReplied& event, Effects& out);
  void watch_fired(Instant now, const store::WatchFired& fired, Effects& out);
  void reconnected(Instant now, Effects& out);
  // The connection to the store is lost; that is no word on the session.
  void disconnected(Instant now);
  void frame(Instant now, StreamId stream, const control::Frame& frame, Effects& out);
  void stream_closed(Instant now, StreamId stream, Effects& out);
  void death_proven(Instant now, Incarnation incarnation, Effects& out);
  void woken(Instant now, Effects& out);
  Instant wake_at() const { return wake_at_; }

  // Why this rule is over; empty while it lasts. Then close_streams() and drop the ruler.
  const std::string& over() const { return over_; }
  // The end came by a resignation, not by another's claim: what is ours in the store is still to be removed.
  bool resigned() const { return resigned_; }
  // The end came because what is stored is beyond what this process knows: it can not stand by either.
  bool outdated() const { return loader_.outdated(); }
  void close_streams(Effects& out);

  // A hand-over is coming: the write in flight is finished, and what is decided meanwhile waits unwritten; release() writes it.
  void hold() { held_ = true; }
  void release(Instant now, Effects& out);
  // Held, and nothing is in flight: all that was written is confirmed, published and answered.
  bool drained() const { return held_ && door_.idle(); }
  // Whatever still waits for an answer is sent on to the next controller. REQUIRES: drained(), so nothing of it was done.
  void refuse_waiting(Effects& out);
  // The candidates, first to last, as far as this controller can tell.
  std::vector<election::Standing> standings() const;
  void describe(Instant now, control::ControllerState& state) const;

  ControllerEpoch epoch() const { return config_.epoch; }
  const decision::Controller& controller() const { return controller_; }
  bool loaded() const { return loaded_; }
  const Loader& loader() const { return loader_; }
  // A control stream of this life is open.
  bool hears(BrokerId id, BrokerEpoch epoch) const;
  // Its stream stands, and has given no sign of life for half of the time-out.
  bool quiet(BrokerId id) const { return quiet_.contains(id); }
  const FlightRecorder& recorder() const { return recorder_; }

 private:
  // How far a stream's other end is: what had been sent when it was asked for a sign of life, and what it has confirmed since.
  struct Following {
    struct Ping {
      int64_t nonce = -1;
      int64_t offset = 0;
    };
    Instant since{};
    Ping last, before;
    int64_t applied = -1;
  };
  struct Stream {
    BrokerId id;
    BrokerEpoch epoch;
    Incarnation incarnation;
    bool observer = false;  // a candidate that is no broker
    int32_t metadata_version = kMetadataSingles;
    bool open = false;
    Instant last_heard{};
    Following following;
    control::StreamHello hello;  // kept until it is answered
  };
  // The new leaders after this death have been pushed; who has not applied them yet.
  struct Applying {
    BrokerId dead;
    std::set<StreamId> waiting;
    size_t applied = 0;
  };
  struct Asked {
    StreamId stream = 0;
    uint64_t correlation = 0;
    bool mutation = false;  // of what operators and clients' administration may change
  };

  void ask(store::Request request, std::function<void(const store::Reply&)> then);
  void finish_loading();
  void feed(const decision::Event& event);
  void carry_out(decision::Decision& decision);
  void pump_door();
  void door_replied(const store::Reply& reply);
  void publish(const decision::Publish& publication);
  control::LeaderChange change_message(const decision::LeaderChange& change) const;
  control::Broker broker_message(BrokerId id) const;
  control::Delta snapshot(const control::StreamHello& hello) const;
  void reread_refused();
  void retry_lost();
  void answer_hello(StreamId id, Stream& stream);
  void refuse_hello(StreamId id, ErrorCode error, const std::string& why);
  void refuse_outdated(StreamId id, const Stream& stream);
  void answer_waiting();
  void welcome(StreamId id, Stream& stream);
  void ask_for_life(StreamId id, Stream& stream);
  void request(StreamId id, const Stream& stream, const control::Request& request);
  // Of an operator's connection, which never says hello and speaks for no broker.
  void operator_request(StreamId id, const control::Request& request);
  // Requests that a broker and an operator may make alike; false where it is none of those.
  bool common_request(decision::RequestId number, const control::Request& request);
  // History, which never changes anything. False where it is none of that.
  bool history_request(StreamId id, const control::Request& request);
  void refuse_request(StreamId id, uint64_t correlation, ErrorCode error, std::string why);
  // The store has been away for longer than anybody is to wait for it.
  bool store_is_away() const { return now_ - disconnected_at_ >= config_.store_patience; }
  static bool is_mutation(const control::Request& message);
  bool refused_for_outage(StreamId id, const control::Request& message);
  void refuse_mutations();
  Instant next_wake() const;
  void ask_to_yield(const decision::AskToYield& question);
  void respond(StreamId stream, uint64_t correlation, control::Response response);
  void ping(Instant now);
  void confirm_applied(BrokerId dead);
  void heard_pong(StreamId id, Stream& stream, int64_t nonce);
  void heard_applied(StreamId id, int64_t nonce);
  void lost_applying(StreamId id);
  bool all_applied(const Applying& applying);
  void lose(StreamId id, Instant last_heard);
  // The stream is forgotten. None: the broker has another one, or this one was never open.
  std::optional<decision::StreamLost> forget(StreamId id, Instant last_heard);
  void send(StreamId stream, control::Frame frame);
  void broadcast(control::Frame frame);
  // The next change of the image, within its frame.
  control::Delta& begin_delta(control::Frame& frame);
  void add_version(int32_t page, control::Delta& delta) const;
  // Partitions may be told by columns, and pages that are known left out.
  bool by_columns() const;
  void date_pages();
  void end(std::string why) {
    if (over_.empty()) over_ = std::move(why);
  }

  RulerConfig config_;
  std::function<uint64_t()> next_call_;
  Timeline& timeline_;
  LeaderRecord leaders_;
  decision::Controller controller_;
  Door door_;
  BrokerReader brokers_;
  Loader loader_;
  FlightRecorder recorder_;
  HistoryNode history_;
  HistoryNode leaders_node_;
  std::map<uint64_t, std::function<void(const store::Reply&)>> asked_;

  Effects* out_ = nullptr;  // of the event that is being handled
  Instant now_{};
  Instant began_{};
  bool loading_done_ = false;
  bool loaded_ = false;
  bool resigned_ = false;
  bool held_ = false;
  std::vector<decision::Write> held_writes_;  // decided while held; nothing has been promised of it
  std::set<BrokerId> refused_;                // to be read again before the core hears of the refusal
  bool refusal_pending_ = false;
  std::set<Incarnation> proven_dead_;
  std::map<StreamId, Stream> streams_;
  std::set<BrokerId> told_outdated_;  // in the log, once each
  std::set<StreamId> operators_;      // connections that asked without saying hello
  std::map<decision::RequestId, Asked> requests_;
  decision::RequestId last_request_ = 0;
  int64_t delta_offset_ = 0;
  std::map<int64_t, Applying> applying_;  // by the nonce of its ping: below 0, which a clock's never is
  int64_t last_applying_ = 0;
  Instant next_ping_{};
  Instant disconnected_at_ = Instant::never();
  bool mutations_refused_ = false;  // of those that waited when the store had been away for too long
  std::set<BrokerId> quiet_;        // as the core was told
  Instant core_wake_ = Instant::never();
  Instant wake_at_ = Instant::never();
  std::string over_;
};

}  // namespace baton::node
