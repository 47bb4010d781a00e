// Every elector by its word (`controller.election`), with what one has to know to choose it. A new elector is one line of the table.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "controller/election/peer_codec.h"
#include "controller/election/peer_elector.h"

namespace baton::election {

struct ElectorSetup {
  BrokerId self;
  std::string guid;           // the process's incarnation, as printed
  std::string data;           // what its node in the store holds, where it has one
  std::vector<Voter> voters;  // where candidates ask each other
  ElectionTiming timing;
  Random* random = nullptr;  // outlives the elector
  std::string state;         // what was last persisted
  uint64_t first_call = 1;   // of its calls to the store
};

struct ElectorKind {
  std::string_view name;
  std::string_view summary;
  bool asks_peers = false;      // by messages, not through the store
  bool keeps_majority = false;  // promises that nobody stays nominated without a majority
  bool exclusive = false;       // by its own means never two that believe, as long as clocks run at one speed
  bool durable = false;         // keeps promises on disk
  std::unique_ptr<Elector> (*make)(const ElectorSetup&) = nullptr;
};

const std::vector<ElectorKind>& elector_kinds();
// Or an error that names the known words.
Result<const ElectorKind*> find_elector(std::string_view name, const std::vector<ElectorKind>& kinds = elector_kinds());

// What a node runs (controller.election): the queue itself, or another on top of the roll of candidates.
std::unique_ptr<Elector> make_enrolled(const ElectorKind& kind, const ElectorSetup& setup);

// Any candidate's message; nothing if it is none of them.
std::optional<MessageInfo> describe_message(std::string_view bytes);

}  // namespace baton::election
