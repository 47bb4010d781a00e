#include "cli/commands/partition_name.h"

#include <charconv>

namespace baton::commands {

Result<control::PartitionName> parse_partition(const std::string& text) {
  const size_t dash = text.rfind('-');
  int32_t index = -1;
  const char* end = text.data() + text.size();
  const bool number = dash != std::string::npos && dash > 0 &&
                      std::from_chars(text.data() + dash + 1, end, index) == std::from_chars_result{end, std::errc()} && index >= 0;
  if (!number) return fail(ErrorCode::kInvalidRequest, "'" + text + "' is no partition: give TOPIC-NUMBER, as orders-0");
  control::PartitionName name;
  name.set_topic(text.substr(0, dash));
  name.set_partition(index);
  return name;
}

}  // namespace baton::commands
