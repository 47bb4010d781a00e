#include "broker/metrics/exposition.h"

#include <fmt/format.h>

#include "broker/metrics/families.h"

namespace baton::metrics {
namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (char letter : text) {
    if (letter == '\\' || (quotes && letter == '"')) out += '\\';
    if (letter == '\n') {
      out += "\\n";
    } else {
      out += letter;
    }
  }
  return out;
}

std::string written(const std::vector<Label>& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += fmt::format("{}{}=\"{}\"", text.empty() ? "{" : ",", name, escaped(value, true));
  return text.empty() ? text : text + "}";
}

}  // namespace

void Exposition::add(const std::string& name, double value, std::vector<Label> labels) {
  const Family* family = family_of(name);
  families_[family == nullptr ? name : std::string(family->name)].push_back({name, std::move(labels), value});
}

void Exposition::add(const std::string& name, Instant now, const LatencySummary& summary, const std::vector<Label>& labels) {
  for (const auto& [quantile, text] : {std::pair{0.5, "0.5"}, {0.99, "0.99"}, {0.999, "0.999"}}) {
    std::vector<Label> with = labels;
    with.emplace_back("quantile", text);
    add(name, summary.quantile_ms(now, quantile), std::move(with));
  }
  add(name + "_sum", summary.sum_ms(), labels);
  add(name + "_count", static_cast<double>(summary.count()), labels);
}

std::string Exposition::text() const {
  std::string out;
  for (const auto& [name, samples] : families_) {
    if (const Family* family = family_of(name)) {
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(family->help, false), name, name_of(family->type));
    }
    for (const Sample& sample : samples) out += fmt::format("{}{} {}\n", sample.name, written(sample.labels), sample.value);
  }
  return out;
}

}  // namespace baton::metrics
