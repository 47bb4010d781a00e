#include "controller/lead/records.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace baton::lead {
namespace {

std::optional<ControllerEpoch> epoch_of(const Fields& fields) {
  const std::optional<int64_t> value = number(fields, "epoch");
  if (!value || *value < 0 || *value > std::numeric_limits<int32_t>::max()) return std::nullopt;
  return ControllerEpoch(static_cast<int32_t>(*value));
}

}  // namespace

std::string print_fields(const Fields& fields) {
  std::string text;
  for (const auto& [key, value] : fields) {
    std::string line = value;
    std::ranges::replace(line, '\n', ' ');
    text += key + "=" + line + "\n";
  }
  return text;
}

Fields parse_fields(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const size_t equals = line.find('=');
    if (equals != std::string_view::npos) fields.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

std::string field(const Fields& fields, std::string_view key) {
  const auto found = std::ranges::find_if(fields, [key](const auto& one) { return one.first == key; });
  return found == fields.end() ? std::string() : found->second;
}

std::optional<int64_t> number(const Fields& fields, std::string_view key) {
  const std::string digits = field(fields, key);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string LeaseRecord::print() const {
  return print_fields({{"epoch", std::to_string(epoch.value())},
                       {"holder", holder},
                       {"length_ms", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count())},
                       {"renewals", std::to_string(renewals)},
                       {"released", released ? "yes" : "no"}});
}

std::optional<LeaseRecord> LeaseRecord::parse(std::string_view text) {
  constexpr int64_t kLengthMsMax = 24 * 3600 * 1000;
  const Fields fields = parse_fields(text);
  const auto epoch = epoch_of(fields);
  const auto length = number(fields, "length_ms");
  const auto renewals = number(fields, "renewals");
  const std::string released = field(fields, "released");
  const bool sound = epoch && length && *length > 0 && *length <= kLengthMsMax && renewals && (released == "yes" || released == "no");
  if (!sound) return std::nullopt;
  return LeaseRecord{*epoch, field(fields, "holder"), std::chrono::milliseconds(*length), *renewals, released == "yes"};
}

std::string Wish::print() const {
  return print_fields({{"epoch", std::to_string(epoch.value())}, {"by", by}});
}

std::optional<Wish> Wish::parse(std::string_view text) {
  const Fields fields = parse_fields(text);
  const auto epoch = epoch_of(fields);
  if (!epoch) return std::nullopt;
  return Wish{*epoch, field(fields, "by")};
}

}  // namespace baton::lead
