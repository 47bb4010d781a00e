// A scrape in Prometheus' text format: samples are added in any order and written family by family, with what the table of families
// (families.h) says of each. Not thread-safe.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/latency_summary.h"

namespace baton::metrics {

using Label = std::pair<std::string, std::string>;

class Exposition {
 public:
  void add(const std::string& name, double value, std::vector<Label> labels = {});
  // Quantiles as gauges in milliseconds, with _sum and _count.
  void add(const std::string& name, Instant now, const LatencySummary& summary, const std::vector<Label>& labels = {});
  std::string text() const;

 private:
  struct Sample {
    std::string name;  // the family's, or with _sum or _count behind it
    std::vector<Label> labels;
    double value = 0;
  };
  std::map<std::string, std::vector<Sample>> families_;
};

}  // namespace baton::metrics
