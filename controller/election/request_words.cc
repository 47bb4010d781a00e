#include "controller/election/request_words.h"

namespace baton::election {
namespace {

std::string words_of(const store::Op& op) {
  if (const auto* create = std::get_if<store::Create>(&op)) return "create " + create->path;
  if (const auto* set = std::get_if<store::SetData>(&op)) return "set " + set->path + " to " + set->data.substr(0, set->data.find('\n'));
  if (const auto* remove = std::get_if<store::Delete>(&op)) return "delete " + remove->path;
  return "check " + std::get<store::Check>(op).path;
}

}  // namespace

bool is_read(const store::Request& request) {
  return !std::holds_alternative<store::Multi>(request);
}

std::string words_of(const store::Request& request) {
  if (const auto* get = std::get_if<store::Get>(&request)) return "read " + get->path + (get->watch ? " and watch it" : "");
  if (const auto* exists = std::get_if<store::Exists>(&request)) return "is there " + exists->path + "?";
  if (const auto* children = std::get_if<store::Children>(&request)) return "list " + children->path;
  std::string words;
  for (const store::Op& op : std::get<store::Multi>(request).ops) words += (words.empty() ? "" : ", ") + words_of(op);
  return words;
}

}  // namespace baton::election
