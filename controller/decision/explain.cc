#include "controller/decision/explain.h"

#include <fmt/format.h>

#include <chrono>

namespace baton::decision {
namespace {

std::string until(Instant at, Instant now) {
  if (at == Instant::never()) return "until that is taken back";
  return fmt::format("for another {} s", std::chrono::duration_cast<std::chrono::seconds>(at - now).count());
}

// What keeps the broker from leading anything; empty where nothing does.
std::string what_ails(BrokerId id, const Membership& members, const ReplicaStanding& at) {
  const Registration* registration = members.registration(id);
  if (registration == nullptr) return "it has never been registered";
  if (at.may_still_act) return "it fell silent, and its lease may still run";
  if (!members.live(id)) return registration->life == Life::kTombstoneSilent ? "it fell silent" : "it is dead";
  if (!members.ready(id)) return "it is back, but what its former life led is not settled yet";
  if (!at.streaming) return "it has no control stream";
  if (at.refused) return "it found its log dirty";
  if (!at.electable) return "it is stopping";
  return {};
}

}  // namespace

std::string describe_order(const PartitionRecord& record, const Orders& orders, Instant now) {
  std::string text;
  auto hold = orders.holds.find(record.key);
  if (hold != orders.holds.end() && now < hold->second.until) {
    text = fmt::format("broker {} is to lead, {}", hold->second.leader.value(), until(hold->second.until, now));
  }
  auto bar = orders.bars.find(record.key);
  if (bar != orders.bars.end() && now < bar->second.until) {
    text +=
        fmt::format("{}broker {} is not to lead, {}", text.empty() ? "" : "; ", bar->second.broker.value(), until(bar->second.until, now));
  }
  return text;
}

std::vector<std::pair<BrokerId, std::string>> explain_replicas(const PartitionRecord& record, const Membership& members,
                                                               const Orders& orders, const StandingOf& standing, Instant now) {
  std::vector<std::pair<BrokerId, std::string>> words;
  for (BrokerId id : record.replicas) {
    const ReplicaStanding at = standing(id);
    std::string why = what_ails(id, members, at);
    const bool ails = !why.empty();
    if (id == record.leader) {
      words.push_back({id, ails ? "leads, but " + why : "leads"});
      continue;
    }
    if (!ails && !contains(record.isr, id)) {
      why = contains(record.adding, id)                  ? "it is being added and has not caught up yet"
            : contains(record.eligible, id) && !at.clean ? "it left the ISR and its log is dirty"
            : contains(record.eligible, id)              ? "it is not in the ISR, and its leader lives"
                                                         : "it is not in the ISR: it has not caught up";
    } else if (!ails && orders.avoids(id)) {
      why = "it is drained";
    } else if (!ails && at.slow) {
      why = "its broker is slow";
    } else if (!ails && at.avoided) {
      why = "it was told to step down, " + until(orders.bars.at(record.key).until, now);
    } else if (!ails && contains(record.removing, id)) {
      why = "it is being removed";
    } else if (!ails) {
      why = record.leader == record.replicas.front() ? "it could, but another is preferred"
                                                     : "it could, but the leader lives and need not move";
    }
    words.push_back({id, "does not lead: " + why});
  }
  return words;
}

}  // namespace baton::decision
