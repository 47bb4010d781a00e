#include "drills/lab/electors.h"

#include <map>

#include "controller/election/ring_walk.h"
#include "drills/lab/template_elector.h"

namespace baton::lab {
namespace {

template <class Kind>
std::unique_ptr<election::Elector> make_peer(const election::ElectorSetup& setup) {
  return std::make_unique<Kind>(election::PeerConfig{setup.self, setup.voters, setup.timing, setup.random, setup.state});
}

}  // namespace

const std::vector<election::ElectorKind>& electors() {
  static const std::vector<election::ElectorKind> kinds = [] {
    std::vector<election::ElectorKind> all = election::elector_kinds();
    all.push_back({"template", "the lowest that is heard leads: the one to copy", true, false, false, false, make_peer<TemplateElector>});
    return all;
  }();
  return kinds;
}

std::optional<election::MessageInfo> describe(std::string_view message) {
  if (auto info = election::describe_message(message)) return info;
  return election::describe<TemplateMessage>(kTemplate, message);
}

election::MessageKind kind_of(std::string_view message) {
  const auto hop = election::walk::unwrap(message);
  const std::string_view bytes = hop ? hop->inner : message;
  static std::map<std::string, election::MessageKind, std::less<>> known;
  const std::string_view mark = bytes.substr(0, 2);
  const auto found = known.find(mark);
  if (found != known.end()) return found->second;
  const auto info = describe(bytes);
  const auto kind = info ? info->kind : election::MessageKind::kElection;
  known.emplace(mark, kind);
  return kind;
}

}  // namespace baton::lab
