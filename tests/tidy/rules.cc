#include "tests/tidy/rules.h"

#include <algorithm>
#include <cctype>

namespace baton::tidy {
namespace {

// In pieces, so that this file does not break its own rule.
constexpr std::string_view kUnfinished[] = {
    "TO"
    "DO",
    "FIX"
    "ME"};
constexpr std::string_view kPrinting[] = {"std::cout", "std::cerr", "printf", "fprintf", "puts", "fputs", "putchar"};
constexpr std::string_view kSlowHeaders[] = {"asio", "spdlog", "nlohmann", "google/protobuf"};
// The programs: here printing is the job. base/ holds the two doors that everything else speaks through.
constexpr std::string_view kMayPrint[] = {"cli/commands/", "drills/probe_program/", "bench/scale/",  "examples/",
                                          "tests/",        "base/logging.cc",       "base/assert.cc"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

bool has_word(std::string_view line, std::string_view word) {
  for (size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    bool begins = at == 0 || !is_word(line[at - 1]);
    size_t end = at + word.size();
    if (begins && (end == line.size() || !is_word(line[end]))) return true;
  }
  return false;
}

std::string_view without_comment(std::string_view line) {
  return line.substr(0, line.find("//"));
}

// Something beside comments, blanks and the preprocessor's lines.
bool declares(const std::vector<std::string_view>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    std::string_view code = without_comment(line);
    return code.find_first_not_of(" \t") != std::string_view::npos && !code.starts_with("#");
  });
}

bool is_program(std::string_view path) {
  return std::any_of(std::begin(kMayPrint), std::end(kMayPrint), [&](std::string_view prefix) { return path.starts_with(prefix); });
}

}  // namespace

Violations check_length(const std::string& path, std::string_view text) {
  size_t lines = lines_of(text).size();
  if (lines <= kLinesMax) return {};
  return {{path, 0, std::to_string(lines) + " lines: more than one idea (at most " + std::to_string(kLinesMax) + ")"}};
}

Violations check_function_length(const std::string& path, std::string_view text) {
  Violations found;
  auto lines = lines_of(text);
  for (size_t begin = 0; begin < lines.size(); ++begin) {
    std::string_view line = lines[begin];
    bool opens =
        !line.empty() && line.ends_with("{") && line.find(')') != std::string_view::npos && line.front() != ' ' && line.front() != '}';
    if (!opens) continue;
    size_t end = begin + 1;
    while (end < lines.size() && !lines[end].starts_with("}")) ++end;
    if (end - begin > kFunctionLinesMax) {
      found.push_back({path, static_cast<int>(begin) + 1, "a function of " + std::to_string(end - begin) + " lines"});
    }
    begin = end;
  }
  return found;
}

Violations check_header(const std::string& path, std::string_view text) {
  Violations found;
  auto lines = lines_of(text);
  if (lines.empty() || !(lines.front().starts_with("//") || lines.front().starts_with("/*"))) {
    found.push_back({path, 1, "a header opens with a comment: the concept, then its threading"});
  }
  bool for_c = text.find("extern \"C\"") != std::string_view::npos;
  auto pragmas = std::count(lines.begin(), lines.end(), "#pragma once");
  if (for_c ? text.find("#ifndef") == std::string_view::npos && pragmas == 0 : pragmas != 1) {
    found.push_back({path, 0, "#pragma once stands in a header exactly once, not " + std::to_string(pragmas) + " times"});
  }
  if (!for_c && declares(lines) && text.find("\nnamespace baton") == std::string_view::npos) {
    found.push_back({path, 0, "what a header declares is in namespace baton"});
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    if (without_comment(lines[i]).find("using namespace") != std::string_view::npos) {
      found.push_back({path, static_cast<int>(i) + 1, "using namespace in a header"});
    }
  }
  for (const Include& include : includes_of(text)) {
    bool slow = std::any_of(std::begin(kSlowHeaders), std::end(kSlowHeaders),
                            [&](std::string_view family) { return include.what.starts_with(family); });
    if (slow && !include.quoted) found.push_back({path, include.line, "<" + include.what + "> belongs in a .cc file"});
  }
  return found;
}

Violations check_unfinished(const std::string& path, std::string_view text) {
  Violations found;
  int number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    for (std::string_view mark : kUnfinished) {
      if (has_word(line, mark)) found.push_back({path, number, "unfinished: " + std::string(mark)});
    }
  }
  return found;
}

Violations check_printing(const std::string& path, std::string_view text) {
  Violations found;
  if (is_program(path)) return found;
  int number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    for (std::string_view word : kPrinting) {
      if (has_word(without_comment(line), word)) found.push_back({path, number, std::string(word) + " in a library"});
    }
  }
  return found;
}

Violations check_whitespace(const std::string& path, std::string_view text) {
  Violations found;
  int number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    if (line.ends_with(" ") || line.ends_with("\r")) found.push_back({path, number, "blanks at the end of the line"});
    if (line.find('\t') != std::string_view::npos) found.push_back({path, number, "a tab"});
  }
  if (!text.empty() && !text.ends_with("\n")) found.push_back({path, number, "the last line has no end"});
  return found;
}

Violations check_rules(const Tree& tree) {
  Violations found;
  auto add = [&](Violations more) { found.insert(found.end(), more.begin(), more.end()); };
  for (const auto& [path, text] : tree) {
    add(check_unfinished(path, text));
    add(check_whitespace(path, text));
    if (!is_cpp(path)) continue;
    add(check_length(path, text));
    add(check_function_length(path, text));
    add(check_printing(path, text));
    if (is_header(path)) add(check_header(path, text));
  }
  return found;
}

}  // namespace baton::tidy
