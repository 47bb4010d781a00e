#include "tests/controller/election/transcripts/stage.h"

#include <fmt/format.h>

#include <sstream>

#include "controller/coordination/paths.h"
#include "controller/election/queue.h"

namespace baton::election {
namespace {

tl::unexpected<Error> senseless(std::string why) {
  return fail(ErrorCode::kInvalidRequest, std::move(why));
}

std::vector<std::string> split(std::string list) {
  std::vector<std::string> names;
  for (size_t comma = list.find(','); comma != std::string::npos; comma = list.find(',')) {
    names.push_back(list.substr(0, comma));
    list.erase(0, comma + 1);
  }
  names.push_back(list);
  return names;
}

// The world's words for programmers, in words for everybody.
std::string plain(const std::string& line) {
  std::istringstream in(line);
  std::string who, what, rest;
  in >> who >> what;
  std::getline(in, rest);
  if (what == "nominated") return who + " is first" + (rest.empty() ? "" : "," + rest);
  if (what == "rules") return fmt::format("{} rules, epoch{}", who, rest);
  if (what == "lost:") return fmt::format("{} rules no more:{}", who, rest);
  if (what == "withdrawn") return who + " is not first any more";
  if (what == "abdicates") return who + " steps back: it could not rule in time";
  return line;
}

// The request that makes a candidate, or the multi that claims, by the last node that it creates.
bool creates(const StoreCall& call, std::string_view path) {
  const auto* multi = std::get_if<store::Multi>(&call.request);
  const auto* create = multi == nullptr ? nullptr : std::get_if<store::Create>(&multi->ops.back());
  return create != nullptr && create->path.starts_with(path);
}

}  // namespace

Result<std::string> Stage::carry_out(const std::string& command) {
  Words words(command);
  const std::string verb = words.next();
  auto outcome = perform(verb, words);
  if (!outcome) return outcome;
  if (!words.rest().empty()) return senseless(fmt::format("'{}' means nothing here", words.rest()));
  world_.run();
  return *outcome + tell();
}

// start a,b | lose … | pass 1s | look | sequence 2147483646 | anything about a process
Result<std::string> Stage::perform(const std::string& verb, Words& words) {
  if (verb == "lose") return lose(words);
  const std::string what = words.next();
  if (verb == "look") return look();
  if (verb == "start") {
    for (const std::string& name : split(what)) {
      world_.start(name);
      world_.run();
    }
    return std::string();
  }
  if (verb == "pass") {
    world_.run_for(support::duration(what));
    return std::string();
  }
  if (verb == "sequence") {
    world_.tree.set_next_sequence(paths::kCandidates, support::number(what));
    return std::string();
  }
  // A node of this process's name that another session owns: of a former life, or made by whose reply was lost.
  if (verb == "leftover") {
    const auto former = world_.tree.open_session([](const store::WatchFired&) {});
    world_.tree.apply(former, store::Multi{{store::Create{candidate_prefix(what), "", store::NodeKind::kEphemeralSequential}}});
    return std::string();
  }
  const auto names = world_.names();
  if (std::find(names.begin(), names.end(), what) == names.end()) return senseless(fmt::format("there is no {}", what));
  return about_process(verb, what, words);
}

// kill a [by proof] | expire a | cut a | heal a | pause a | resume a | write a | yield a | resign a | believe-dead a by b
Result<std::string> Stage::about_process(const std::string& verb, const std::string& name, Words& words) {
  if (verb == "write") return write(name);
  if (verb == "kill") {
    world_.crash(name);
    if (words.after("by") == "proof") world_.prove_death(name);
  } else if (verb == "expire") {
    world_.expire(name);
  } else if (verb == "cut") {
    world_.disconnect(name);
  } else if (verb == "heal") {
    world_.reconnect(name);
  } else if (verb == "pause" || verb == "resume") {
    world_.process(name).running = verb == "resume";
    if (verb == "pause") paused_.insert(name);
    if (verb == "resume") paused_.erase(name);
  } else if (verb == "yield") {
    world_.give(name, Yield{});
  } else if (verb == "resign") {
    world_.give_claim(name, Resign{});
  } else if (verb == "believe-dead") {
    world_.give(words.after("by"), DeathProven{name});
  } else {
    return senseless("no such command; CONTRIBUTING.md says where they are");
  }
  return std::string();
}

// lose request|reply of a enlist|claim [and cut|pause]: runs a alone up to that request, which does not arrive, or whose answer does not.
Result<std::string> Stage::lose(Words& words) {
  const bool reply = words.has("reply");
  if (!reply && !words.has("request")) return senseless("lose a request, or a reply");
  const std::string name = words.after("of");
  const std::string which = words.next();
  const std::string_view path = which == "claim" ? paths::kController : paths::kCandidates;
  world_.start(name);
  auto next = [&] { return !world_.process(name).requests.empty() && creates(world_.process(name).requests.front(), path); };
  while (!next()) {
    if (!world_.serve(name) && !world_.deliver(name)) return senseless(fmt::format("{} never comes to its {}", name, which));
  }
  world_.serve(name, reply ? World::Fate::kLostAfter : World::Fate::kLostBefore);
  const std::string then = words.after("and");
  if (then == "cut") world_.disconnect(name);
  if (then == "pause") {
    world_.process(name).running = false;
    paused_.insert(name);
  }
  return std::string();
}

std::string Stage::write(const std::string& name) {
  const auto under = rules_under_.find(name);
  if (under == rules_under_.end()) return fmt::format("{} has no epoch to write under\n", name);
  const store::Multi fenced{{store::Check{paths::kControllerEpoch, under->second}, store::SetData{paths::kElection, name, StoreVersion()}}};
  const bool done = world_.tree.apply(world_.process(name).session, fenced).ok();
  return fmt::format("the store {} what {} writes\n", done ? "takes" : "refuses", name);
}

std::string Stage::look() {
  const auto queue = world_.queue();
  auto rulers = world_.rulers();
  for (const std::string& name : paused_) {
    if (world_.process(name).claim->ruling() != ControllerEpoch()) rulers.push_back(name);
  }
  const auto* controller = world_.tree.find(paths::kController);
  return fmt::format("in the queue: {}; rule, as they believe: {}; the store says: {}\n", fmt::join(queue, ","),
                     rulers.empty() ? "nobody" : fmt::format("{}", fmt::join(rulers, ",")),
                     controller == nullptr ? "nobody" : controller->data);
}

std::string Stage::tell() {
  std::istringstream log(world_.take_log());
  std::string said;
  for (std::string line; std::getline(log, line);) {
    said += plain(line) + "\n";
    if (line.find(" rules ") == std::string::npos) continue;
    rules_under_[line.substr(0, line.find(' '))] = world_.tree.find(paths::kControllerEpoch)->stat.version;
  }
  for (; told_violations_ < world_.violations.size(); ++told_violations_) {
    said += fmt::format("BROKEN: {}\n", world_.violations[told_violations_]);
  }
  return said;
}

}  // namespace baton::election
