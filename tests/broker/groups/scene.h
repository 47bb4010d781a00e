// A stage for transcripts: one coordinator, its log, and a clock. Members are named; what each was answered last is kept.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "base/bytes.h"
#include "base/random.h"
#include "broker/groups/coordinator.h"

namespace baton::groups {

class Scene {
 public:
  explicit Scene(Config config = {.initial_rebalance_delay_ms = 0}) : config_(config) { start(); }

  // ---- members ----
  struct Options {
    bool id_required = true;
    bool may_skip_assignment = false;
    std::optional<std::string> instance = {};
    std::vector<Protocol> protocols = {{"range", "topics"}};
    int32_t session_ms = 10'000;
    int32_t rebalance_ms = 60'000;
  };
  // JoinGroup as a client does it: asks once more with the id that it is given.
  Ticket join(const std::string& who, const Options& options) {
    const Ticket ticket = send_join(who, options);
    const JoinReply* reply = joined(ticket);
    if (reply == nullptr || reply->error != ErrorCode::kMemberIdRequired) return ticket;
    ids[who] = reply->member_id;
    return send_join(who, options);
  }
  Ticket join(const std::string& who) { return join(who, Options{}); }
  Ticket send_join(const std::string& who, const Options& options) {
    const Ticket ticket = ++last_ticket_;
    JoinRequest request{.group = "g",
                        .member_id = ids[who],
                        .instance_id = options.instance,
                        .client_id = who,
                        .client_host = "/127.0.0.1",
                        .session_timeout_ms = options.session_ms,
                        .rebalance_timeout_ms = options.rebalance_ms,
                        .protocol_type = "consumer",
                        .protocols = options.protocols,
                        .member_id_required = options.id_required,
                        .may_skip_assignment = options.may_skip_assignment};
    take(coordinator->join(ticket, request, now()));
    return ticket;
  }
  // Remembers id and generation that the answer brought.
  const JoinReply& got_in(const std::string& who, Ticket ticket) {
    const JoinReply* reply = joined(ticket);
    EXPECT_NE(reply, nullptr) << who << " waits still";
    static const JoinReply none{.error = ErrorCode::kUnknownServerError};
    if (reply == nullptr) return none;
    EXPECT_EQ(reply->error, ErrorCode::kNone) << who << ": " << name_of(reply->error);
    ids[who] = reply->member_id;
    generations[who] = reply->generation;
    return *reply;
  }
  Ticket sync(const std::string& who, std::map<std::string, std::string> by_name = {}, std::optional<std::string> instance = {}) {
    const Ticket ticket = ++last_ticket_;
    SyncRequest request{.group = "g", .generation = generations[who], .member_id = ids[who], .instance_id = std::move(instance)};
    for (auto& [name, assignment] : by_name) request.assignments[ids[name]] = assignment;
    take(coordinator->sync(ticket, request, now()));
    return ticket;
  }
  MemberIdentity identity(const std::string& who) { return {"g", generations[who], ids[who], {}}; }
  ErrorCode heartbeat(const std::string& who) { return coordinator->heartbeat(identity(who), now()); }
  ErrorCode leave(const std::string& who, std::optional<std::string> instance = {}) {
    const Ticket ticket = ++last_ticket_;
    take(coordinator->leave(ticket, "g", {{ids[who], std::move(instance)}}, now()));
    return std::get<LeaveReply>(replies.at(ticket)).members.at(0);
  }
  // A stable group of these members; the first leads and assigns to each "p-<name>".
  void stable(const std::vector<std::string>& names) {
    std::vector<Ticket> tickets;
    for (const std::string& name : names) tickets.push_back(join(name));
    // Those that were in already have to come back when another comes.
    for (size_t i = 0; i + 1 < names.size(); ++i) tickets[i] = joined(tickets[i]) != nullptr ? join(names[i]) : tickets[i];
    for (size_t i = 0; i < names.size(); ++i) {
      if (joined(tickets[i]) == nullptr) advance(60'000);
    }
    std::map<std::string, std::string> assignments;
    for (size_t i = 0; i < names.size(); ++i) {
      got_in(names[i], tickets[i]);
      assignments[names[i]] = "p-" + names[i];
    }
    for (const std::string& name : names) sync(name, assignments);
    confirm();
    ASSERT_EQ(state(), GroupState::kStable);
  }

  // ---- offsets ----
  Ticket commit(const MemberIdentity& who, std::vector<OffsetToCommit> offsets) {
    const Ticket ticket = ++last_ticket_;
    take(coordinator->commit(ticket, who, offsets, now()));
    return ticket;
  }
  const CommitReply* committed(Ticket ticket) { return reply<CommitReply>(ticket); }
  int64_t offset_of(const std::string& topic, int32_t partition, const std::string& group = "g") {
    const auto offsets = coordinator->offsets_of(group);
    if (!offsets || !offsets->contains({topic, partition})) return -1;
    return offsets->at({topic, partition}).offset;
  }

  // ---- answers ----
  const JoinReply* joined(Ticket ticket) { return reply<JoinReply>(ticket); }
  const SyncReply* synced(Ticket ticket) { return reply<SyncReply>(ticket); }
  template <class T>
  const T* reply(Ticket ticket) {
    const auto found = replies.find(ticket);
    return found == replies.end() ? nullptr : std::get_if<T>(&found->second);
  }
  GroupState state() { return coordinator->describe("g")->state; }
  Ticket ticket() { return ++last_ticket_; }

  // ---- the log and the clock ----
  // The appends so far are below the high watermark, or have failed.
  void confirm(ErrorCode error = ErrorCode::kNone) {
    while (!appends.empty()) {
      const Append append = appends.front();
      appends.erase(appends.begin());
      if (error == ErrorCode::kNone) log.insert(log.end(), append.records.begin(), append.records.end());
      take(coordinator->appended(append.token, error, now()));
    }
  }
  void advance(int64_t ms) {
    const Instant end = clock.now() + std::chrono::milliseconds(ms);
    while (coordinator->next_wake() <= end) {
      clock.set(std::max(clock.now(), coordinator->next_wake()));
      take(coordinator->tick(now()));
    }
    clock.set(end);
  }
  // The broker dies; another one becomes the leader and reads the log.
  void fail_over() {
    appends.clear();
    start();
  }
  Now now() { return {clock.now(), clock.wall_ms()}; }
  void take(Decisions decisions) {
    for (Append& append : decisions.appends) appends.push_back(std::move(append));
    for (Reply& each : decisions.replies) {
      EXPECT_TRUE(replies.emplace(each.ticket, std::move(each.body)).second) << "ticket " << each.ticket << " was answered twice";
    }
  }

  std::unique_ptr<Coordinator> coordinator;
  std::map<std::string, std::string> ids;
  std::map<std::string, int32_t> generations;
  std::map<Ticket, decltype(Reply::body)> replies;
  std::vector<Append> appends;
  std::vector<Record> log;
  ManualClock clock;

 private:
  void start() {
    coordinator = std::make_unique<Coordinator>(config_, random_);
    for (const Record& record : log) {
      const auto value = record.value ? std::optional<std::string_view>(*record.value) : std::nullopt;
      EXPECT_TRUE(coordinator->replay(record.key, value));
    }
    coordinator->loaded(now());
  }

  Config config_;
  SeededRandom random_{42};
  Ticket last_ticket_ = 0;
};

}  // namespace baton::groups
