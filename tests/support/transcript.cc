#include "tests/support/transcript.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/command.h"

namespace baton::support {
namespace {

constexpr std::string_view kLine = "----";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The first line that differs, with what stands around it in both.
std::string difference(const std::string& written, const std::string& real) {
  constexpr size_t kAround = 6;
  const auto was = lines_of(written), is = lines_of(real);
  size_t at = 0;
  while (at < was.size() && at < is.size() && was[at] == is[at]) ++at;
  auto part = [at](const std::vector<std::string>& lines, char sign) {
    std::string out;
    for (size_t i = at; i < std::min(at + kAround, lines.size()); ++i) out += fmt::format("  {} {}\n", sign, lines[i]);
    return out;
  };
  std::string out = fmt::format("from line {} on:\n", at + 1);
  for (size_t i = at > kAround ? at - kAround : 0; i < at; ++i) out += fmt::format("    {}\n", was[i]);
  return out + part(was, '-') + part(is, '+');
}

}  // namespace

Played play(std::string_view transcript, const Interpreter& interpreter) {
  Played played;
  const std::vector<std::string> lines = lines_of(transcript);
  for (size_t at = 0; at < lines.size();) {
    if (lines[at].empty() || lines[at].starts_with('#')) {
      played.text += lines[at++] + "\n";
      continue;
    }
    std::string said;
    for (; at < lines.size() && lines[at] != kLine; ++at) {
      auto outcome =
          lines[at].empty() ? fail(ErrorCode::kInvalidRequest, "the commands before it lack their line of ----") : interpreter(lines[at]);
      if (!outcome) {
        played.problem = fmt::format("line {}: '{}': {}", at + 1, lines[at], outcome.error().message);
        return played;
      }
      played.text += lines[at] + "\n";
      said += *outcome;
    }
    while (at < lines.size() && !lines[at].empty()) ++at;
    played.text += fmt::format("{}\n{}", kLine, said.empty() ? "nothing happens\n" : said);
  }
  return played;
}

std::string check_transcript(const std::string& folder, const std::string& name, const Interpreter& interpreter) {
  const std::string path = folder + "/" + name;
  const std::string written = text_of(path);
  if (written.empty()) return path + " is empty: write comments and commands, then let BATON_REWRITE=1 write what comes of them.";
  const Played played = play(written, interpreter);
  if (!played.problem.empty()) return path + ", " + played.problem;
  if (played.text == written) return {};
  if (std::getenv("BATON_REWRITE") != nullptr) {
    std::ofstream(path) << played.text;
    return {};
  }
  return fmt::format(
      "{} says what does not happen (-) instead of what does (+), {}Where that is as it should be, BATON_REWRITE=1 with the "
      "same program rewrites it; read the difference before you commit it.",
      path, difference(written, played.text));
}

std::vector<std::string> transcripts_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Words::Words(std::string_view command) {
  std::istringstream in{std::string(command)};
  for (std::string word; in >> word;) words_.push_back(word);
}

std::string Words::next() {
  if (words_.empty()) return {};
  std::string word = words_.front();
  words_.erase(words_.begin());
  return word;
}

std::string Words::after(std::string_view name) {
  auto found = std::find(words_.begin(), words_.end(), name);
  if (found == words_.end() || found + 1 == words_.end()) return {};
  std::string word = *(found + 1);
  words_.erase(found, found + 2);
  return word;
}

bool Words::has(std::string_view word) {
  auto found = std::find(words_.begin(), words_.end(), word);
  if (found == words_.end()) return false;
  words_.erase(found);
  return true;
}

std::string Words::rest() const {
  return fmt::format("{}", fmt::join(words_, " "));
}

int number(std::string_view word) {
  int value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

std::vector<int> numbers(std::string_view list) {
  std::vector<int> values;
  while (!list.empty()) {
    values.push_back(number(list.substr(0, list.find(','))));
    list = list.find(',') == std::string_view::npos ? std::string_view() : list.substr(list.find(',') + 1);
  }
  return values;
}

std::chrono::milliseconds duration(std::string_view word) {
  const int value = number(word);
  if (word.ends_with("ms")) return std::chrono::milliseconds(value);
  if (word.ends_with("s")) return std::chrono::seconds(value);
  if (word.ends_with("m")) return std::chrono::minutes(value);
  return {};
}

std::string in_words(std::chrono::nanoseconds time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return ms >= 10'000 && ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

}  // namespace baton::support
