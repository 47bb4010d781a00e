#include "base/assert.h"
#include "controller/election/lease_record.h"
#include "controller/lead/records.h"
#include "tests/fuzz/entries.h"

namespace baton::fuzz {
namespace {

using election::LeaseElector;

void lease(std::string_view text) {
  const auto record = lead::LeaseRecord::parse(text);
  if (!record) return;
  BATON_ASSERT(record->epoch >= ControllerEpoch(0));
  BATON_ASSERT(record->length > Duration());  // or nobody would wait for it
  const auto again = lead::LeaseRecord::parse(record->print());
  BATON_ASSERT(again.has_value());
  BATON_ASSERT(again->epoch == record->epoch && again->holder == record->holder && again->length == record->length);
  BATON_ASSERT(again->renewals == record->renewals && again->released == record->released);
}

void wish(std::string_view text) {
  const auto record = lead::Wish::parse(text);
  if (!record) return;
  const auto again = lead::Wish::parse(record->print());
  BATON_ASSERT(again.has_value());
  BATON_ASSERT(again->epoch == record->epoch && again->by == record->by);
}

void elected_by_lease(std::string_view text) {
  const auto record = LeaseElector::Record::parse(std::string(text));
  if (!record) return;
  BATON_ASSERT(LeaseElector::Record::parse(record->print()) == record);
}

}  // namespace

void lead_records(std::string_view input) {
  if (input.empty()) return;
  const auto kind = static_cast<unsigned char>(input.front()) % 3;
  input.remove_prefix(1);
  if (kind == 0) lease(input);
  if (kind == 1) wish(input);
  if (kind == 2) elected_by_lease(input);
}

std::vector<std::string> lead_record_seeds() {
  const lead::LeaseRecord lease{ControllerEpoch(7), "holder-guid", std::chrono::milliseconds(1500), 42, true};
  return {std::string(1, '\0') + lease.print(), "\1" + lead::Wish{ControllerEpoch(7), "an operator"}.print(),
          "\2" + LeaseElector::Record{"holder-guid", "heir-guid", 42}.print()};
}

}  // namespace baton::fuzz
