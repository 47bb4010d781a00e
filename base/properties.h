// The reader of Java's .properties files, the format of broker.properties: `key=value`, `key: value` or `key value`, comments
// with # or !, a backslash to continue a line, and the escapes \t \n \r \f \uXXXX. Of two lines with one key the later counts.
// Source: java.util.Properties.load. Pure but for read_properties_file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

using Properties = std::map<std::string, std::string, std::less<>>;

// `origin` names the text in errors, "broker.properties". Fails (INVALID_CONFIG, with the line's number) on a malformed
// \u escape, a NUL byte, or a line without a key.
Result<Properties> parse_properties(std::string_view text, std::string_view origin);

// Fails also when the file cannot be read or is larger than 1 MiB.
Result<Properties> read_properties_file(const std::string& path);

// One `key=value` of a command line (--override, --set). Unlike a file's line it must hold a '='.
Result<std::pair<std::string, std::string>> parse_override(std::string_view text);

}  // namespace baton
