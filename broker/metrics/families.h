// Every metric that a broker shows: its name, what kind it is, its labels, and a sentence. The names that people alert on are
// those that exporters of Apache Kafka give; ours begin with baton_. docs/metrics.md is this table for people, which a test
// keeps so.
//
// To add one: a line in families.cc, and an add() where the number is known: broker/metrics/serving for what shards count,
// controller/runtime/measurements.cc for what the manager knows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace baton::metrics {

enum class Type : uint8_t {
  kGauge,
  kCounter,  // ends in _total; grows until the process, or what it counts, ends
  kSummary,  // quantiles, _sum and _count
};
std::string_view name_of(Type type);

struct Family {
  std::string_view name;
  Type type = Type::kGauge;
  std::string_view labels;  // separated by commas; of a summary without its quantile
  std::string_view help;
};

std::span<const Family> families();
// By the name of a sample: a summary's also by its _sum and _count. Null: there is none.
const Family* family_of(std::string_view sample);

}  // namespace baton::metrics
