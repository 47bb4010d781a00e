// A walk of chance through one partition's life: kills, lost disks, leaders that are deposed without knowing it, answers and
// images that come late or never. One seed is one walk. It ends with the first broken invariant, or with a healing after
// which everybody must hold the same.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/random.h"
#include "tests/partitions/replica/test_cluster.h"

namespace baton::testing {

class RandomWalk {
 public:
  explicit RandomWalk(uint64_t seed) : random_(seed), cluster_(seed % 2 == 0 ? 2 : 1) {
    for (int32_t id = 1; id <= 3; ++id) queue_images_for_.insert(id);
    draw_habits();
    choose_leader();
  }

  // The first broken invariant, if any.
  std::optional<std::string> run(int steps) {
    for (int i = 0; i < steps && !broken_; ++i) step();
    if (!broken_) heal();
    return broken_;
  }
  size_t acknowledged() const { return acknowledged_; }
  size_t elections() const { return elections_; }
  size_t zombies() const { return zombies_; }
  size_t wipes() const { return wipes_; }
  size_t truncations() const { return truncations_; }

 private:
  struct Question {
    int32_t from, to;
    BrokerEpoch epoch;
    FetchPosition position;
  };
  struct AnswerTo {
    int32_t to;
    BrokerEpoch epoch;
    TestCluster::Answer answer;
  };
  struct Wait {
    int32_t leader;
    BrokerEpoch epoch;
    int16_t acks;
    int64_t offset;
    std::string value;
    ProduceWait wait;
    bool idempotent;
  };
  struct IsrMessage {
    int32_t leader;
    BrokerEpoch epoch;
    IsrRequest request;
  };
  struct IsrAnswer {
    int32_t leader;
    BrokerEpoch epoch;
    IsrResponse response;
  };

  // Swarm testing: each walk has its own habits, so that some live where, say, images are slow and leaders are often deposed.
  void draw_habits() {
    const uint64_t usual[] = {14, 20, 16, 16, 10, 4, 4, 3, 5, 2, 2, 2, 2};
    for (uint64_t weight : usual) {
      const uint64_t factors[] = {1, 4, 4, 4, 12};
      weights_.push_back(weight * factors[random_.below(5)]);
      total_weight_ += weights_.back();
    }
  }

  void step() {
    int32_t id = 1 + static_cast<int32_t>(random_.below(3));
    uint64_t dice = random_.below(total_weight_);
    size_t action = 0;
    while (dice >= weights_[action]) dice -= weights_[action++];
    switch (action) {
      case 0:
        produce(id);
        break;
      case 1:
        ask(id);
        break;
      case 2:
        answer_one();
        break;
      case 3:
        deliver_one();
        break;
      case 4:
        deliver_image(id);
        break;
      case 5:
        ask_isr(id);
        break;
      case 6:
        controller_answers();
        break;
      case 7:
        deliver_isr();
        break;
      case 8:
        consume(id);
        break;
      case 9:
        latest(id);
        break;
      case 10:
        pass_time(id);
        break;
      case 11:
        fail_one(id);
        break;
      default:
        recover_one(id);
        break;
    }
    if (!broken_) acknowledge();
    if (!broken_ && ++steps_ % 16 == 0) check_strong_isr();
  }

  bool up(int32_t id) { return cluster_.broker(id).running; }
  bool same_life(int32_t id, BrokerEpoch epoch) { return up(id) && cluster_.broker(id).epoch == epoch; }
  void fault(const std::string& what) {
    if (!broken_) broken_ = what;
  }

  // -- Clients

  void produce(int32_t id) {
    if (!up(id) || cluster_.replica(id).role() != ReplicaRole::kLeader) return;
    bool idempotent = random_.chance(0.3);
    int16_t acks = random_.chance(0.8) ? -1 : 1;
    if (idempotent) acks = -1;
    std::string value = idempotent ? "p" + std::to_string(sequence_) : "v" + std::to_string(next_value_++);
    std::string batch = idempotent ? batch_of(value, 9, sequence_) : batch_of(value);
    AppendOutcome outcome = cluster_.produce_batch(id, batch, acks);
    if (outcome.error != ErrorCode::kNone) return;
    waits_.push_back({id, cluster_.broker(id).epoch, acks, outcome.base_offset, value, outcome.wait, idempotent});
  }

  void acknowledge() {
    for (size_t i = 0; i < waits_.size();) {
      Wait& wait = waits_[i];
      bool over = !same_life(wait.leader, wait.epoch);
      if (!over) {
        Replica& leader = cluster_.replica(wait.leader);
        WaitOutcome outcome = wait.acks == -1 ? leader.check(wait.wait) : WaitOutcome{true, ErrorCode::kNone};
        over = outcome.done;
        Instant deadline = cluster_.broker(wait.leader).lease_deadline;
        if (outcome.done && outcome.error == ErrorCode::kNone && leader.may_acknowledge(wait.acks, deadline, cluster_.now())) {
          bool alone = leader.leadership().state.isr.size() <= 1;
          if (cluster_.now() >= deadline && (wait.acks != -1 || alone)) fault("LeaseHeld: acknowledged without a lease");
          if (wait.acks == -1) commit(wait.offset, wait.value, "acknowledged");
          ++acknowledged_;
          if (wait.idempotent && wait.value == "p" + std::to_string(sequence_)) ++sequence_;
        }
      }
      if (over) {
        waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }

  void commit(int64_t offset, const std::string& value, const char* how) {
    auto [entry, is_new] = committed_.try_emplace(offset, value);
    if (!is_new && entry->second != value) {
      fault("ReadsAreStable: offset " + std::to_string(offset) + " was " + entry->second + ", " + how + " as " + value);
    }
  }

  void consume(int32_t id) {
    if (!up(id) || cluster_.replica(id).role() != ReplicaRole::kLeader) return;
    int64_t offset = 0;
    for (const std::string& value : cluster_.consume(id)) commit(offset++, value, "consumed");
  }

  void latest(int32_t id) {
    if (!up(id) || !leads_now(id)) return;
    OffsetOutcome outcome = cluster_.replica(id).offset_for_timestamp(kLatestTimestamp, LeaderEpoch());
    if (outcome.error != ErrorCode::kNone) return;
    int64_t known = committed_.empty() ? 0 : committed_.rbegin()->first + 1;
    if (outcome.offset < known) fault("VisibleHighWatermarkGrows: ListOffsets went back");
  }

  bool leads_now(int32_t id) {
    Replica& replica = cluster_.replica(id);
    return replica.role() == ReplicaRole::kLeader && replica.leadership().state.leader_epoch == cluster_.state().leader_epoch;
  }

  // -- Followers: question and answer are two messages, each may be late or lost

  void ask(int32_t id) {
    if (!up(id)) return;
    std::optional<FetchPosition> position = cluster_.replica(id).next_fetch();
    if (position) questions_.push_back({id, position->leader.value(), cluster_.broker(id).epoch, *position});
  }

  void answer_one() {
    if (questions_.empty()) return;
    size_t i = random_.chance(0.7) ? questions_.size() - 1 : random_.below(questions_.size());
    Question question = questions_[i];
    questions_.erase(questions_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!up(question.to) || random_.chance(0.05)) return;
    FetchOutcome outcome = cluster_.replica(question.to)
                               .fetch_for_follower(BrokerId(question.from), question.epoch,
                                                   {.offset = question.position.offset,
                                                    .max_bytes = random_.chance(0.5) ? size_t{100} : size_t{1} << 20,
                                                    .current_leader_epoch = question.position.current_leader_epoch,
                                                    .last_fetched_epoch = question.position.last_fetched_epoch},
                                                   cluster_.now());
    TestCluster::Answer answer{.sent = question.position};
    answer.data = {.error = outcome.error,
                   .diverging = outcome.diverging,
                   .high_watermark = outcome.high_watermark,
                   .log_start_offset = outcome.log_start_offset};
    answer.records = copy_ranges(outcome.slice.ranges).value();
    answers_.push_back({question.from, question.epoch, std::move(answer)});
  }

  void deliver_one() {
    if (answers_.empty()) return;
    size_t i = random_.chance(0.7) ? answers_.size() - 1 : random_.below(answers_.size());
    AnswerTo answer = std::move(answers_[i]);
    answers_.erase(answers_.begin() + static_cast<std::ptrdiff_t>(i));
    // An answer never crosses a restart: its connection is gone.
    if (!same_life(answer.to, answer.epoch) || random_.chance(0.05)) return;
    if (cluster_.deliver(answer.to, answer.answer).kind == FollowOutcome::Kind::kTruncated) ++truncations_;
  }

  // -- ISR requests: in order, each part may be lost

  void ask_isr(int32_t id) {
    if (!up(id)) return;
    cluster_.replica(id).tick(cluster_.now());
    std::optional<IsrRequest> request = cluster_.replica(id).take_isr_request(cluster_.now());
    if (request) isr_requests_.push_back({id, cluster_.broker(id).epoch, *request});
  }

  void controller_answers() {
    if (isr_requests_.empty()) return;
    IsrMessage message = isr_requests_.front();
    isr_requests_.pop_front();
    IsrAnswer answer{message.leader, message.epoch, {.attempt = message.request.attempt, .controller_epoch = ControllerEpoch(1)}};
    if (random_.chance(0.1)) {
      answer.response.error = ErrorCode::kNetworkException;  // the request was lost
    } else {
      answer.response = cluster_.decide(message.leader, message.request);
      if (answer.response.error == ErrorCode::kNone) {
        for (BrokerId id : cluster_.state().isr) dirty_.erase(id.value());
        push_images();
        check_strong_isr();
      }
      if (random_.chance(0.3)) {  // the answer was lost, or another node spoke in its place
        bool lost = random_.chance(0.5);
        answer.response = {.attempt = message.request.attempt,
                           .controller_epoch = lost ? ControllerEpoch() : ControllerEpoch(1),
                           .error = lost ? ErrorCode::kNetworkException : ErrorCode::kNotController};
      }
    }
    isr_answers_.push_back(answer);
  }

  void deliver_isr() {
    if (isr_answers_.empty()) return;
    IsrAnswer answer = isr_answers_.front();
    isr_answers_.pop_front();
    if (same_life(answer.leader, answer.epoch)) cluster_.replica(answer.leader).on_isr_response(answer.response, cluster_.now());
  }

  // -- The controller

  void push_images() {
    if (cluster_.state().isr.size() == 3 && cluster_.live().size() == 3) wiped_since_full_ = 0;
    for (int32_t id : queue_images_for_) images_[id].push_back(cluster_.image());
  }

  void deliver_image(int32_t id) {
    if (!up(id) || images_[id].empty()) return;
    Leadership image = images_[id].front();
    images_[id].pop_front();
    Replica& replica = cluster_.replica(id);
    if (image.state.leader == BrokerId(id)) {
      LeaderEpoch before = replica.leadership().state.leader_epoch;
      Status led = replica.become_leader(image, cluster_.now());
      if (led && image.state.leader_epoch > before) check_complete(id);
    } else {
      (void)replica.become_follower(image, cluster_.now());
    }
  }

  void check_complete(int32_t id) {
    if (leads_now(id)) check_holds_committed(id, "LeaderCompleteness: leader ");  // else deposed before it knew
  }

  // Whatever any presumed leader has called committed is on every member of the stored ISR: each may be the next leader.
  void check_strong_isr() {
    for (int32_t id : cluster_.live()) {
      bool member = contains(cluster_.state().isr, BrokerId(id));
      if (member && up(id) && !dirty_.contains(id)) check_holds_committed(id, "StrongIsr: member ");
    }
  }

  void check_holds_committed(int32_t id, const char* who) {
    std::vector<std::string> held = cluster_.holds(id);
    for (const auto& [offset, value] : committed_) {
      if (static_cast<size_t>(offset) >= held.size() || held[static_cast<size_t>(offset)] != value) {
        return fault(who + std::to_string(id) + " lacks " + value + " at " + std::to_string(offset));
      }
    }
  }

  void choose_leader() {
    PartitionState& state = cluster_.state();
    BrokerSet from_isr, from_eligible;
    for (int32_t id : cluster_.live()) {
      if (dirty_.contains(id)) continue;
      if (contains(state.isr, BrokerId(id))) from_isr.push_back(BrokerId(id));
      if (contains(state.eligible, BrokerId(id))) from_eligible.push_back(BrokerId(id));
    }
    const BrokerSet& from = from_isr.empty() ? from_eligible : from_isr;
    state.leader = from.empty() ? BrokerId() : from[random_.below(from.size())];
    state.leader_epoch = state.leader_epoch.next();
    if (from.empty()) {
      state.partition_epoch = state.partition_epoch.next();
    } else {
      cluster_.set_isr(from_isr.empty() ? BrokerSet{state.leader} : from_isr);
      ++elections_;
    }
    push_images();
  }

  // A death is seen: out of the ISR unless it is the last one, and another leads.
  void bury(int32_t id) {
    PartitionState& state = cluster_.state();
    cluster_.live().erase(id);
    queue_images_for_.erase(id);
    images_[id].clear();
    if (state.leader == BrokerId(id)) {
      choose_leader();
      return;
    }
    BrokerSet rest = state.isr;
    std::erase(rest, BrokerId(id));
    if (!rest.empty() && rest.size() < state.isr.size()) cluster_.set_isr(rest);
    push_images();
  }

  // -- Faults

  void pass_time(int32_t id) {
    cluster_.advance(std::chrono::milliseconds(random_.below(20'000)));
    if (up(id)) cluster_.replica(id).tick(cluster_.now());
  }

  void fail_one(int32_t id) {
    if (!up(id) || cluster_.live().size() < 2) return;
    uint64_t dice = random_.below(10);
    if (dice < 4) {
      cluster_.kill(id);
      bury(id);
    } else if (dice < 7 && cluster_.live().contains(id)) {
      // Silent: its lease has run out before anybody leads in its place; it goes on as if nothing had happened.
      cluster_.broker(id).lease_deadline = cluster_.now();
      bury(id);
      ++zombies_;
    } else if (dice < 8 && cluster_.live().contains(id)) {
      move_away(id);
    } else if (wiped_since_full_ < cluster_.min_isr() - 1 && cluster_.live().contains(id)) {
      cluster_.kill(id);
      bury(id);
      ASSERT_TRUE(cluster_.broker(id).disk.remove_tree("log").has_value());
      cluster_.broker(id).checkpoint = 0;
      dirty_.insert(id);
      ++wiped_since_full_;
      ++wipes_;
    }
  }

  // A planned move, by the leader's own word: its successor holds all that it held.
  void move_away(int32_t id) {
    if (!leads_now(id)) return;
    PartitionState& state = cluster_.state();
    for (int32_t to : std::set<int32_t>(cluster_.live())) {
      Replica& candidate = cluster_.replica(to);
      bool fetched_all = up(to) && to != id && contains(state.isr, BrokerId(to)) &&
                         candidate.leadership().state.leader_epoch == state.leader_epoch &&
                         candidate.log().end_offset() == cluster_.replica(id).log().end_offset() &&
                         candidate.last_record_epoch() == cluster_.replica(id).last_record_epoch();
      if (!fetched_all) continue;
      cluster_.replica(id).stop();
      state.leader = BrokerId(to);
      state.leader_epoch = state.leader_epoch.next();
      state.partition_epoch = state.partition_epoch.next();
      ++elections_;
      push_images();
      return;
    }
  }

  void recover_one(int32_t id) {
    if (cluster_.live().contains(id)) return;
    if (up(id)) cluster_.kill(id);  // a zombie learns of its end
    cluster_.broker(id).lease_deadline = Instant::never();
    cluster_.start(id, dirty_.contains(id));
    queue_images_for_.insert(id);
    if (cluster_.state().leader == BrokerId()) {
      choose_leader();
    } else {
      push_images();
    }
  }

  // -- The end

  void heal() {
    for (int32_t id = 1; id <= 3; ++id) recover_one(id);
    for (int32_t id = 1; id <= 3; ++id) {
      while (!images_[id].empty()) deliver_image(id);
    }
    if (broken_) return;
    if (cluster_.state().leader == BrokerId()) return fault("no leader after healing");
    int32_t leader = cluster_.state().leader.value();
    for (int round = 0; round < 20; ++round) {
      cluster_.replicate();
      cluster_.advance(std::chrono::seconds(3));
      cluster_.settle_isr(leader);
    }
    AppendOutcome last = cluster_.produce(leader, "last");
    cluster_.replicate();
    if (last.error != ErrorCode::kNone || !cluster_.replica(leader).check(last.wait).done) return fault("no progress after healing");
    if (cluster_.state().isr.size() != 3) return fault("the ISR is not whole after healing");
    check_complete(leader);
    std::vector<std::string> held = cluster_.holds(leader);
    for (int32_t id = 1; id <= 3; ++id) {
      if (cluster_.holds(id) != held) return fault("LogMatching: " + std::to_string(id) + " differs from leader " + std::to_string(leader));
    }
    std::set<std::string> seen;
    for (const std::string& value : held) {
      if (!seen.insert(value).second) return fault("duplicate: " + value);
    }
  }

  SeededRandom random_;
  TestCluster cluster_;
  std::optional<std::string> broken_;
  std::map<int64_t, std::string> committed_;  // acknowledged at acks=all or consumed
  std::vector<Wait> waits_;
  std::vector<Question> questions_;
  std::vector<AnswerTo> answers_;
  std::deque<IsrMessage> isr_requests_;
  std::deque<IsrAnswer> isr_answers_;
  std::map<int32_t, std::deque<Leadership>> images_;
  std::set<int32_t> queue_images_for_;
  std::set<int32_t> dirty_;
  std::vector<uint64_t> weights_;
  uint64_t total_weight_ = 0;
  uint64_t steps_ = 0;
  int32_t sequence_ = 0;
  int next_value_ = 0;
  int wiped_since_full_ = 0;
  size_t acknowledged_ = 0, elections_ = 0, zombies_ = 0, wipes_ = 0, truncations_ = 0;
};

}  // namespace baton::testing
