#include "base/assert.h"
#include "base/random.h"
#include "broker/groups/coordinator.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {
namespace {

constexpr groups::Now kNow{{1'000'000'000}, 1'700'000'000'000};

groups::Group seed_group() {
  groups::Group group("group");
  for (const std::string id : {"member-1", "member-2"}) {
    group.add({.id = id, .client_id = "c", .client_host = "/h", .session_timeout_ms = 6000, .protocols = {{"range", "topics"}}},
              "consumer");
  }
  group.begin_generation(1);
  return group;
}

// Whatever was loaded is a coordinator like any other: it can be looked at, its time can pass, and it can end.
void live_on(groups::Coordinator& coordinator) {
  coordinator.loaded(kNow);
  const auto listed = coordinator.list();
  for (const auto& group : *listed) {
    const auto described = coordinator.describe(group.group);
    for (const auto& member : described->members) (void)coordinator.heartbeat({group.group, 1, member.member_id, member.instance_id}, kNow);
    (void)coordinator.offsets_of(group.group);
  }
  (void)coordinator.expire_offsets(kNow);
  if (coordinator.next_wake() < Instant::never()) (void)coordinator.tick({coordinator.next_wake(), kNow.wall_ms});
  (void)coordinator.resign();
}

}  // namespace

void group_records(std::string_view input) {
  if (input.empty()) return;
  const auto kind = static_cast<unsigned char>(input.front()) % 3;
  const std::string body(input.substr(1));
  const groups::Record offset = groups::offset_record("group", {"topic", 1}, {.offset = 1});
  const groups::Record group = groups::group_record(seed_group(), {}, 1);
  SeededRandom random(1);
  groups::Coordinator coordinator({}, random);
  if (kind == 0) {
    (void)coordinator.replay(body, *offset.value);
    (void)coordinator.replay(body, *group.value);
    (void)coordinator.replay(body, std::nullopt);
  } else {
    (void)coordinator.replay(kind == 1 ? offset.key : group.key, body);
  }
  live_on(coordinator);
}

std::vector<std::string> group_record_seeds() {
  const groups::Record offset = groups::offset_record("group", {"topic", 1}, {.offset = 1, .metadata = "note"});
  const groups::Record group = groups::group_record(seed_group(), {{"member-1", "a"}}, 1);
  return {std::string(1, '\0') + offset.key, std::string(1, '\0') + group.key, "\1" + *offset.value, "\2" + *group.value};
}

}  // namespace baton::fuzz
