#include "cli/cluster/voters.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/election/catalog.h"

namespace baton::cluster {

void settle_voters(Description& description) {
  const auto word = description.settings.find("controller.election");
  const auto kind = election::find_elector(word == description.settings.end() ? "zookeeper" : word->second);
  if (!kind || !(*kind)->asks_peers) return description.voters.clear();
  if (!description.voters.empty()) return;
  const auto& candidates = description.controllers.empty() ? description.brokers : description.controllers;
  for (const BrokerEntry& entry : candidates) description.voters.push_back(entry.id);
}

std::string voters_text(const Description& description) {
  std::string text;
  for (int id : description.voters) {
    const BrokerEntry* entry = description.process(id);
    if (entry != nullptr) text += fmt::format("{}{}@127.0.0.1:{}", text.empty() ? "" : ",", id, entry->control_port);
  }
  return text;
}

bool is_voter(const Description& description, int id) {
  return std::find(description.voters.begin(), description.voters.end(), id) != description.voters.end();
}

}  // namespace baton::cluster
