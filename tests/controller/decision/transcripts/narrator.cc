#include "tests/controller/decision/transcripts/narrator.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton::decision {
namespace {

std::string ids(const std::vector<BrokerId>& brokers) {
  std::vector<int32_t> values;
  values.reserve(brokers.size());
  for (BrokerId id : brokers) values.push_back(id.value());
  return values.empty() ? "nobody" : fmt::format("{}", fmt::join(values, ","));
}

std::string leader_of(const PartitionRecord& record) {
  if (record.leader == BrokerId()) return fmt::format("led by nobody, epoch {}", record.leader_epoch.value());
  return fmt::format("led by {}, epoch {}{}", record.leader.value(), record.leader_epoch.value(), record.unclean ? ", unclean" : "");
}

std::string outcome_of(const Error& error) {
  if (error.code == ErrorCode::kNone) return "done";
  return fmt::format("{}{}{}", name_of(error.code), error.message.empty() ? "" : ": ", error.message);
}

struct AnswerTeller {
  std::string operator()(ErrorCode code) const { return outcome_of({code, {}}); }
  std::string operator()(const std::vector<TopicOutcome>& topics) const {
    std::vector<std::string> words;
    words.reserve(topics.size());
    for (const TopicOutcome& topic : topics) words.push_back(fmt::format("{} {}", topic.name, outcome_of(topic.error)));
    return fmt::format("{}", fmt::join(words, "; "));
  }
  std::string operator()(const std::vector<IsrOutcome>& partitions) const {
    std::vector<std::string> words;
    words.reserve(partitions.size());
    for (const IsrOutcome& each : partitions)
      words.push_back(each.error == ErrorCode::kNone ? "granted" : std::string(name_of(each.error)));
    return fmt::format("{}", fmt::join(words, "; "));
  }
  std::string operator()(const ProducerIds& given) const { return fmt::format("producer ids from {} on", given.first); }
  std::string operator()(const Leaving& leaving) const {
    return leaving.still_led == 0 ? "you may stop" : fmt::format("wait: {} to hand over", leaving.still_led);
  }
  std::string operator()(const std::vector<MoveOutcome>& moves) const {
    std::vector<std::string> words;
    words.reserve(moves.size());
    for (const MoveOutcome& move : moves) {
      words.push_back(fmt::format("{}-{} {}", move.topic, move.partition, outcome_of(move.error)));
    }
    return fmt::format("{}", fmt::join(words, "; "));
  }
  std::string operator()(const std::vector<PartitionFate>& partitions) const {
    std::vector<std::string> words;
    for (const auto& [topic, fate] : partitions) {
      words.push_back(fmt::format("{}-{} would be {}{}", topic, fate.after.key.index,
                                  fate.offline() ? "without a leader" : fmt::format("led by {}", fate.after.leader.value()),
                                  fate.under_minimum() ? ", in sync below its minimum" : ""));
    }
    return words.empty() ? "nothing would change" : fmt::format("{}", fmt::join(words, "; "));
  }
  std::string operator()(const Explanation& explanation) const {
    std::vector<std::string> words;
    for (const auto& [id, why] : explanation.replicas) words.push_back(fmt::format("{} {}", id.value(), why));
    if (!explanation.order.empty()) words.push_back(explanation.order);
    return fmt::format("{}", fmt::join(words, "; "));
  }
  std::string operator()(const std::vector<ConfigOutcome>& configs) const {
    std::vector<std::string> words;
    words.reserve(configs.size());
    for (const ConfigOutcome& config : configs) words.push_back(fmt::format("{} {}", config.resource.name, outcome_of(config.error)));
    return fmt::format("{}", fmt::join(words, "; "));
  }
};

}  // namespace

std::string Narrator::partition(const PartitionKey& key) const {
  return fmt::format("{}-{}", name_of_(key.topic), key.index);
}

std::string Narrator::describe(const PartitionRecord& record, const std::string& topic) const {
  std::string line =
      fmt::format("{}-{}: {}; in sync {} of {}", topic, record.key.index, leader_of(record), ids(record.isr), ids(record.replicas));
  if (!record.eligible.empty()) line += "; may lead as well " + ids(record.eligible);
  if (!record.adding.empty()) line += "; adding " + ids(record.adding);
  if (!record.removing.empty()) line += "; removing " + ids(record.removing);
  return line;
}

std::string Narrator::describe(const PutPage& page) const {
  std::vector<std::string> words;
  for (const PutPage::Upsert& upsert : page.partitions) words.push_back(describe(upsert.partition, upsert.topic));
  for (TopicId topic : page.removed_topics) words.push_back(fmt::format("the partitions of {} are gone", name_of_(topic)));
  for (const PartitionKey& key : page.removed_partitions) words.push_back(partition(key) + " is gone");
  return fmt::format("{}", fmt::join(words, "\n        "));
}

std::string Narrator::describe(const Orders& orders) const {
  std::vector<std::string> words;
  for (const auto& [id, order] : orders.brokers) {
    words.push_back(fmt::format("{} broker {}", order == BrokerOrder::kDrain ? "drain" : "decommission", id.value()));
  }
  for (const auto& [key, hold] : orders.holds) words.push_back(fmt::format("{} is to lead {}", hold.leader.value(), partition(key)));
  for (const auto& [key, bar] : orders.bars) words.push_back(fmt::format("{} is not to lead {}", bar.broker.value(), partition(key)));
  for (const auto& [id, life] : orders.leaving) words.push_back(fmt::format("broker {} leaves", id.value()));
  return words.empty() ? "no orders" : fmt::format("orders: {}", fmt::join(words, "; "));
}

std::string Narrator::describe(const Change& change) const {
  if (const auto* page = std::get_if<PutPage>(&change)) return describe(*page);
  if (const auto* tombstone = std::get_if<Tombstone>(&change)) {
    return fmt::format("broker {} is dead ({})", tombstone->id.value(), tombstone->life == Life::kTombstoneProven ? "proven" : "silent");
  }
  if (const auto* topic = std::get_if<PutTopic>(&change)) {
    return fmt::format("topic {}{}", topic->topic.name, topic->topic.deleting ? " is to go" : " is there");
  }
  if (const auto* topic = std::get_if<RemoveTopic>(&change)) return fmt::format("topic {} is gone", topic->name);
  if (const auto* mark = std::get_if<PutMark>(&change)) {
    return fmt::format("broker {}'s former life is over, its next one may take roles", mark->id.value());
  }
  if (const auto* orders = std::get_if<PutOrders>(&change)) return describe(orders->orders);
  if (std::holds_alternative<PutProducerIds>(change)) return "producer ids are given out";
  return "settings of brokers";
}

std::string Narrator::tell(const Publish& publish) const {
  std::string lines;
  for (const PartitionRecord& record : publish.partitions) {
    auto cause =
        std::find_if(publish.changes.begin(), publish.changes.end(), [&](const LeaderChange& each) { return each.key == record.key; });
    lines += fmt::format("tells the brokers of {}{}\n", partition(record.key),
                         cause == publish.changes.end() ? "" : fmt::format(", because {}", cause->cause));
  }
  for (TopicId topic : publish.removed_topics) lines += fmt::format("tells the brokers that topic {} is gone\n", name_of_(topic));
  return lines;
}

std::string Narrator::tell(const Reply& reply) const {
  return fmt::format("answers: {}\n", std::visit(AnswerTeller{}, reply.answer));
}

std::string Narrator::tell(const Decision& decision, bool prompt_store) const {
  if (const auto* write = std::get_if<Write>(&decision)) {
    std::string lines;
    for (const Change& change : write->changes)
      lines += fmt::format("{}: {}\n", prompt_store ? "stores" : "asks the store", describe(change));
    return lines;
  }
  if (const auto* publish = std::get_if<Publish>(&decision)) return tell(*publish);
  if (const auto* reply = std::get_if<Reply>(&decision)) return tell(*reply);
  if (const auto* resign = std::get_if<Resign>(&decision)) return fmt::format("resigns: {}\n", resign->reason);
  if (const auto* question = std::get_if<AskToYield>(&decision)) {
    std::string lines;
    for (const auto& [key, epoch] : question->partitions) {
      lines += fmt::format("asks broker {} to hand over {}\n", question->broker.value(), partition(key));
    }
    return lines;
  }
  return {};
}

}  // namespace baton::decision
