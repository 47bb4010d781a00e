// What happens to one node of a simulation, and what comes of it.
#include <algorithm>
#include <utility>

#include "controller/coordination/paths.h"
#include "controller/election/request_words.h"
#include "drills/lab/node.h"

namespace baton::lab {
namespace {

constexpr uint64_t kClaimCalls = uint64_t{1} << 56;
constexpr uint64_t kWriteCall = uint64_t{1} << 60;

}  // namespace

Duration Simulation::some_delay() {
  if (setup_.even) return setup_.delay;
  const auto spread = static_cast<uint64_t>(setup_.delay.count());
  return setup_.delay / 2 + Duration(static_cast<int64_t>(random_.below(spread + 1)));
}

void Simulation::step(Node& node, const election::ElectorEvent& event) {
  node.looked = true;
  carry_out(node, node.elector->step(now_, event));
  plan_wake(node);
}

void Simulation::step_claim(Node& node, const election::ClaimEvent& event) {
  if (!node.claim) return;
  carry_out(node, node.claim->step(now_, event));
  plan_wake(node);
}

void Simulation::plan_wake(Node& node) {
  const Instant claim = node.claim ? node.claim->wake_at() : Instant::never();
  const Instant wake = std::max(now_, std::min(node.elector->wake_at(), claim));
  if (wake == Instant::never() || wake >= node.planned) return;
  node.planned = wake;
  schedule(wake, node.id, Wake{});
}

void Simulation::on(Node& node, Wake&) {
  node.planned = Instant::never();
  if (node.elector->wake_at() <= now_) step(node, election::Woken{});
  if (node.claim && node.claim->wake_at() <= now_) step_claim(node, election::Woken{});
  plan_wake(node);
}

void Simulation::on(Node& node, Deliver& message) {
  ++tally_.handled[static_cast<size_t>(node.id)];
  step(node, election::Received{BrokerId(message.from), std::move(message.message)});
}

void Simulation::on(Node& node, OpenSession&) {
  if (node.cut_off || node.session != 0) return;
  const int id = node.id;
  const uint64_t life = node.life;
  node.session = tree_.open_session([this, id, life](const store::WatchFired& fired) {
    ++tally_.notifications;
    Node& client = at(id);
    if (client.life != life) return;
    if (client.cut_off) {
      client.held.push_back(fired);
    } else {
      tell(client, store::StoreEvent(fired));
    }
  });
  tell(node, store::StoreEvent(store::SessionChanged{store::SessionState::kConnected, node.session, setup_.session_timeout}));
}

void Simulation::on(Node& node, SessionDue& due) {
  if (node.session == due.session && node.silence != due.silence) return;
  tree_.expire(due.session);
}

void Simulation::tell(Node& node, std::variant<election::StoreReplied, store::StoreEvent> what) {
  node.from_store_at = std::max(node.from_store_at, now_ + some_delay());
  schedule(node.from_store_at, node.id, Tell{std::move(what)});
}

void Simulation::on(Node& node, Tell& told) {
  if (auto* replied = std::get_if<election::StoreReplied>(&told.what)) {
    // A cut between the answer's leaving and its arrival loses it.
    if (node.cut_off) {
      replied->reply = {};
      replied->reply.error = store::StoreError::kConnectionLoss;
    }
    if (replied->call >= kWriteCall) return;
    if (replied->call >= kClaimCalls) return step_claim(node, *replied);
    return step(node, *replied);
  }
  const auto& event = std::get<store::StoreEvent>(told.what);
  const auto* change = std::get_if<store::SessionChanged>(&event);
  if (change != nullptr && change->session_id != node.session) return;
  if (change != nullptr && change->state == store::SessionState::kSuspended && !node.cut_off) return;
  step(node, election::StoreHappened{event});
  step_claim(node, election::StoreHappened{event});
  if (change != nullptr && change->state == store::SessionState::kExpired) {
    node.session = 0;
    schedule(now_, node.id, OpenSession{});
  }
}

void Simulation::call_store(Node& node, election::StoreCall call) {
  const bool reads = election::is_read(call.request);
  (reads ? tally_.store_reads : tally_.store_writes) += 1;
  node.to_store_at = std::max(node.to_store_at, now_ + some_delay());
  if (setup_.trace) {
    const Instant arrives = node.cut_off ? Instant::never() : node.to_store_at;
    trace_.push_back({TraceEvent::Kind::kStore, now_, arrives, node.id, 0, reads ? "read" : "write", election::words_of(call.request),
                      election::MessageKind::kElection});
  }
  schedule(node.to_store_at, node.id, StoreArrives{std::move(call), node.session});
}

void Simulation::on(Node& node, StoreArrives& arriving) {
  ++tally_.handled[0];
  election::StoreReplied answer{arriving.call.call, {}};
  if (node.cut_off) {
    if (!node.alive) return;
    answer.reply.error = store::StoreError::kConnectionLoss;
    return schedule(now_ + setup_.session_timeout / 3, node.id, Tell{std::move(answer)});
  }
  answer.reply = tree_.apply(arriving.session, arriving.call.request);
  const auto* epoch = tree_.find(paths::kControllerEpoch);
  const int32_t value = epoch == nullptr ? 0 : std::stoi(epoch->data);
  if (value < last_epoch_) tally_.violations.push_back("the controller epoch fell to " + std::to_string(value));
  last_epoch_ = value;
  if (arriving.call.call >= kWriteCall && answer.reply.ok()) judge_write(node, static_cast<int64_t>(arriving.call.call - kWriteCall));
  if (node.alive) tell(node, std::move(answer));
}

void Simulation::send(Node& node, const election::Send& message) {
  const int to = message.to.value();
  const auto info = setup_.trace ? describe(message.message) : std::nullopt;
  // The kind is wanted for each message, its words only for a diagram.
  const auto kind = info ? info->kind : kind_of(message.message);
  ++tally_.messages[static_cast<size_t>(kind)];
  tally_.bytes[static_cast<size_t>(kind)] += static_cast<int64_t>(message.message.size());
  const bool lost = cuts_.contains({node.id, to}) || (loss_ > 0 && random_.chance(loss_));
  const Instant arrives = now_ + some_delay();
  if (info) {
    trace_.push_back({TraceEvent::Kind::kMessage, now_, lost ? Instant::never() : arrives, node.id, to, info->name, info->words, kind});
  }
  if (!lost) schedule(arrives, to, Deliver{node.id, message.message});
}

void Simulation::on(Node& node, Persisted& persisted) {
  node.durable = persisted.state;
  step(node, election::Persisted{persisted.number});
}

void Simulation::carry_out(Node& node, const election::ElectorDecisions& decisions) {
  for (const election::ElectorDecision& decision : decisions) {
    if (const auto* call = std::get_if<election::StoreCall>(&decision)) call_store(node, *call);
    if (const auto* message = std::get_if<election::Send>(&decision)) send(node, *message);
    if (const auto* persist = std::get_if<election::Persist>(&decision)) {
      schedule(now_ + setup_.flush, node.id, Persisted{persist->number, persist->state});
    }
    if (const auto* nominated = std::get_if<election::Nominated>(&decision)) {
      tally_.nominations += node.nominated ? 0 : 1;
      for (int other : nominees()) tally_.double_nominations += other != node.id && at(other).acts() && at(other).looked && !node.nominated;
      node.nominated = true;
      if (setup_.claim) {
        if (setup_.trace) trace_.push_back({TraceEvent::Kind::kBelief, now_, now_, node.id, node.id, "nominated", "may claim", {}});
        step_claim(node, *nominated);
      } else {
        believe(node, true);
      }
    }
    if (std::holds_alternative<election::Withdrawn>(decision)) {
      node.nominated = false;
      step_claim(node, election::NominationWithdrawn{});
      if (!setup_.claim) believe(node, false);
    }
    if (const auto* done = std::get_if<election::Transferred>(&decision)) node.transfers.push_back("transferred to " + done->guid);
    if (const auto* failed = std::get_if<election::TransferFailed>(&decision)) node.transfers.push_back("failed: " + failed->reason);
  }
}

void Simulation::carry_out(Node& node, const election::ClaimDecisions& decisions) {
  for (const election::ClaimDecision& decision : decisions) {
    if (const auto* call = std::get_if<election::StoreCall>(&decision)) call_store(node, *call);
    if (const auto* ruling = std::get_if<election::Ruling>(&decision)) {
      const int32_t epoch = ruling->epoch.value();
      const auto [ruler, fresh] = ruler_of_.emplace(epoch, node.id);
      if (!fresh) {
        tally_.violations.push_back("epoch " + std::to_string(epoch) + " ruled by " + std::to_string(ruler->second) + " and by " +
                                    std::to_string(node.id));
      }
      node.right = epoch;
      node.version = ruling->version;
      believe(node, true);
    }
    if (const auto* lost = std::get_if<election::Lost>(&decision)) {
      believe(node, false);
      if (lost->reason == election::LossReason::kDeposed) step(node, election::Yield{});
    }
    if (const auto* abdicated = std::get_if<election::Abdicated>(&decision)) step(node, election::Yield{abdicated->backoff});
  }
}

void Simulation::believe(Node& node, bool leads) {
  if (node.believes == leads) return;
  account();
  if (leads && !believers().empty()) ++tally_.doubles;
  node.believes = leads;
  if (setup_.trace)
    trace_.push_back({TraceEvent::Kind::kBelief, now_, now_, node.id, node.id, leads ? "leads" : "leads no longer", "", {}});
  if (!leads) return;
  ++tally_.changes;
  if (!setup_.claim) node.right = ++beliefs_;
  node.belief = tally_.changes;
  schedule(now_, node.id, LookToWrite{node.belief});
}

void Simulation::on(Node& node, LookToWrite& look) {
  if (!node.believes || look.belief != node.belief) return;
  schedule(now_ + setup_.write_thinks, node.id, Write{node.right, node.version});
  schedule(now_ + setup_.write_every, node.id, look);
}

// It looked, and now it writes, whatever time has passed.
void Simulation::on(Node& node, Write& write) {
  store::Multi multi;
  if (setup_.claim) multi.ops.push_back(store::Check{paths::kControllerEpoch, write.version});
  multi.ops.push_back(store::SetData{"/written", std::to_string(write.right), {}});
  if (setup_.claim || node.cut_off) {
    --tally_.store_writes;  // not the election's
    return call_store(node, {kWriteCall + static_cast<uint64_t>(write.right), std::move(multi)});
  }
  // A resource that knows neither sessions nor epochs.
  judge_write(node, write.right);
}

void Simulation::judge_write(Node& node, int64_t right) {
  ++tally_.writes;
  if (right < written_right_) {
    ++tally_.deposed_writes;
    note("writes although it is deposed", node.id);
  }
  written_right_ = std::max(written_right_, right);
}

}  // namespace baton::lab
