// The rules of style that a machine can keep and the formatter does not. Each looks at one file.
#pragma once

#include "tests/tidy/source.h"

namespace baton::tidy {

// A question is asked at the first, the second is refused.
inline constexpr size_t kLinesLong = 500;
inline constexpr size_t kLinesMax = 800;
inline constexpr size_t kFunctionLinesMax = 100;

Violations check_length(const std::string& path, std::string_view text);
// Of functions at the left margin, as clang-format leaves them.
Violations check_function_length(const std::string& path, std::string_view text);
// Headers: a comment first, #pragma once exactly once (a header for C: a guard), namespace baton, no `using namespace`, and
// none of the libraries that make every includer slow to compile.
Violations check_header(const std::string& path, std::string_view text);
// Marks of unfinished work.
Violations check_unfinished(const std::string& path, std::string_view text);
// Libraries speak through base/logging, or return what they have to say; only programs print.
Violations check_printing(const std::string& path, std::string_view text);
// Tabs, blanks at a line's end, a last line without its end.
Violations check_whitespace(const std::string& path, std::string_view text);

// Every rule on every file that it is for.
Violations check_rules(const Tree& tree);

}  // namespace baton::tidy
