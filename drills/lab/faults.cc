#include "drills/lab/faults.h"

#include <algorithm>
#include <charconv>

namespace baton::lab {
namespace {

constexpr double kLoss = 0.2;

std::vector<std::string_view> split(std::string_view text, char divider) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(divider);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Result<Fault> parse_fault(std::string_view text) {
  const std::string whole(text);
  const auto wrong = [&whole](const std::string& what) {
    return fail(ErrorCode::kInvalidRequest,
                "the fault '" + whole + "' " + what + ": write KIND[:WHO][@WHEN][+FOR], like crash:leader@200ms+300ms");
  };
  Fault fault;
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    const Result<Duration> lasts = parse_duration(text.substr(plus + 1));
    if (!lasts) return wrong("lasts no known time");
    fault.lasts = *lasts;
    text = text.substr(0, plus);
  }
  if (const size_t when = text.find('@'); when != std::string_view::npos) {
    const Result<Duration> at = parse_duration(text.substr(when + 1));
    if (!at) return wrong("begins at no known time");
    fault.at = *at;
    text = text.substr(0, when);
  }
  const size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const auto known = std::find(fault_names().begin(), fault_names().end(), kind);
  if (known == fault_names().end()) {
    std::string words;
    for (const std::string& name : fault_names()) words += (words.empty() ? "" : ", ") + name;
    return fail(ErrorCode::kInvalidRequest, "there is no fault '" + std::string(kind) + "': take one of " + words);
  }
  fault.kind = static_cast<Fault::Kind>(known - fault_names().begin());
  const std::string_view who = colon == std::string_view::npos ? "leader" : text.substr(colon + 1);
  if (who == "leader") return fault;
  for (std::string_view one : split(who, '-')) {
    const std::optional<int> id = number(one);
    if (!id || *id == 0) return wrong("strikes nobody known");
    fault.who.push_back(*id);
  }
  return fault;
}

// Those who hear no more of the victim, or it no more of them.
std::vector<int> others(const Simulation& world, const std::vector<int>& victims) {
  std::vector<int> rest;
  for (int id = 1; id <= world.nodes(); ++id) {
    if (std::find(victims.begin(), victims.end(), id) == victims.end()) rest.push_back(id);
  }
  return rest;
}

}  // namespace

const std::vector<std::string>& fault_names() {
  static const std::vector<std::string> names = {"none", "crash", "pause", "partition", "one-way", "store", "loss"};
  return names;
}

Result<Duration> parse_duration(std::string_view text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const std::string_view unit = digits == std::string_view::npos ? "ms" : text.substr(digits);
  const std::optional<int> value = number(text.substr(0, digits));
  if (value && unit == "ms") return std::chrono::milliseconds(*value);
  if (value && unit == "us") return std::chrono::microseconds(*value);
  if (value && unit == "s") return std::chrono::seconds(*value);
  return fail(ErrorCode::kInvalidRequest, "'" + std::string(text) + "' is no time: write 20ms, 500us or 1s");
}

Result<std::vector<Fault>> parse_faults(std::string_view text) {
  std::vector<Fault> faults;
  for (std::string_view one : split(text, ',')) {
    Result<Fault> fault = parse_fault(one);
    if (!fault) return tl::unexpected(fault.error());
    faults.push_back(*std::move(fault));
  }
  return faults;
}

std::vector<int> victims(const Simulation& world, const Fault& fault) {
  std::vector<int> struck;
  for (int id : fault.who) {
    if (id <= world.nodes()) struck.push_back(id);
  }
  if (!fault.who.empty()) return struck;
  const std::vector<int> leaders = world.believers();
  const int leader = leaders.empty() ? 1 : leaders.front();
  struck.push_back(leader);
  // A minority with the leader in it, where there are enough for one.
  if (fault.kind == Fault::Kind::kPartition && world.nodes() >= 5) struck.push_back(leader == 1 ? 2 : 1);
  return struck;
}

void begin(Simulation& world, const Fault& fault, const std::vector<int>& victims) {
  for (int id : victims) {
    if (fault.kind == Fault::Kind::kCrash) world.crash(id);
    if (fault.kind == Fault::Kind::kPause) world.pause(id);
    if (fault.kind == Fault::Kind::kStore) world.cut_from_store(id);
  }
  if (fault.kind == Fault::Kind::kLoss) world.set_loss(kLoss);
  const bool partition = fault.kind == Fault::Kind::kPartition;
  if (!partition && fault.kind != Fault::Kind::kOneWay) return;
  for (int id : victims) {
    world.note(partition ? "is cut off from the others" : "is heard by nobody", id);
    for (int other : others(world, victims)) {
      world.cut(id, other);
      if (partition) world.cut(other, id);
    }
  }
}

void end(Simulation& world, const Fault& fault, const std::vector<int>& victims) {
  for (int id : victims) {
    if (fault.kind == Fault::Kind::kCrash) world.start(id);
    if (fault.kind == Fault::Kind::kPause) world.resume(id);
    if (fault.kind == Fault::Kind::kStore) world.mend_to_store(id);
    for (int other : others(world, victims)) {
      world.mend(id, other);
      world.mend(other, id);
    }
    if (fault.kind == Fault::Kind::kPartition || fault.kind == Fault::Kind::kOneWay) world.note("is connected again", id);
  }
  if (fault.kind == Fault::Kind::kLoss) world.set_loss(0);
}

}  // namespace baton::lab
