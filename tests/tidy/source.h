// The tree as the house rules see it: files as text, and what breaks a rule as path, line and sentence. Pure but for
// read_tree().
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::tidy {

// Path from the root of the tree → text.
using Tree = std::map<std::string, std::string>;

struct Violation {
  std::string path;
  int line = 0;  // 0: the file as a whole
  std::string what;

  std::string to_string() const { return path + (line > 0 ? ":" + std::to_string(line) : "") + ": " + what; }
  friend auto operator<=>(const Violation&, const Violation&) = default;
};
using Violations = std::vector<Violation>;

// Every .h, .cc, .proto, .py and CMakeLists.txt below the named folders of `root`.
Tree read_tree(const std::string& root, const std::vector<std::string>& folders);

std::vector<std::string_view> lines_of(std::string_view text);
bool is_header(std::string_view path);
bool is_cpp(std::string_view path);
// "a/b" of "a/b/c.h"; empty for a file at the root.
std::string folder_of(std::string_view path);

// `#include "…"` and `#include <…>` with their lines.
struct Include {
  int line = 0;
  std::string what;
  bool quoted = true;
};
std::vector<Include> includes_of(std::string_view text);

}  // namespace baton::tidy
