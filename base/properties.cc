#include "base/properties.h"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace baton {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

std::string_view without_leading_blanks(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  return line;
}

// Takes the text apart into lines, which end with \n, \r or \r\n.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  int number() const { return number_; }

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    const size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      const bool both = rest_[end] == '\r' && end + 1 < rest_.size() && rest_[end + 1] == '\n';
      rest_.remove_prefix(end + (both ? 2 : 1));
    }
    return line;
  }

 private:
  std::string_view rest_;
  int number_ = 0;
};

// An odd number of backslashes at the end continues the line; an even number is escaped backslashes.
bool continues(std::string_view line) {
  size_t slashes = 0;
  while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\') ++slashes;
  return slashes % 2 == 1;
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

std::optional<uint32_t> hex4(std::string_view digits) {
  if (digits.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[static_cast<size_t>(i)];
    if (!std::isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
    value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// nullopt on a malformed \u escape.
std::optional<std::string> unescaped(std::string_view raw) {
  std::string out;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    if (++i == raw.size()) break;
    switch (raw[i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        const auto code = hex4(raw.substr(i + 1));
        if (!code || *code == 0) return std::nullopt;
        append_utf8(out, *code);
        i += 4;
        break;
      }
      default:
        out += raw[i];
    }
  }
  return out;
}

// The key ends at the first unescaped '=', ':' or blank; around that one separator blanks do not count.
std::pair<std::string_view, std::string_view> split(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && line[end] != '=' && line[end] != ':' && !is_blank(line[end])) end += line[end] == '\\' ? 2 : 1;
  if (end >= line.size()) return {line, {}};
  std::string_view value = without_leading_blanks(line.substr(end));
  if (!value.empty() && (value.front() == '=' || value.front() == ':')) value = without_leading_blanks(value.substr(1));
  return {line.substr(0, end), value};
}

}  // namespace

Result<Properties> parse_properties(std::string_view text, std::string_view origin) {
  Properties properties;
  Lines lines(text);
  while (const auto first = lines.next()) {
    const int number = lines.number();
    const auto malformed = [&](std::string_view what) {
      return fail(ErrorCode::kInvalidConfig, fmt::format("{}:{}: {}", origin, number, what));
    };
    std::string line(without_leading_blanks(*first));
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    while (continues(line)) {
      line.pop_back();
      const auto more = lines.next();
      if (!more) break;
      line += without_leading_blanks(*more);
    }
    if (line.find('\0') != std::string::npos) return malformed("a NUL byte; is this a text file?");
    const auto [raw_key, raw_value] = split(line);
    auto key = unescaped(raw_key);
    auto value = unescaped(raw_value);
    if (!key || !value) return malformed("\\u wants four hexadecimal digits other than 0000; write \\\\u for a backslash and a u");
    if (key->empty()) return malformed("a value without a key before it");
    // Java keeps trailing blanks; no key of ours has a value that ends with one, so they are a slip of the hand.
    while (!value->empty() && is_blank(value->back())) value->pop_back();
    properties.insert_or_assign(std::move(*key), std::move(*value));
  }
  return properties;
}

Result<Properties> read_properties_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kInvalidConfig, fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return fail(ErrorCode::kInvalidConfig, fmt::format("{}: cannot be read; is it a file?", path));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kFileBytesMax)
    return fail(ErrorCode::kInvalidConfig, fmt::format("{}: larger than 1 MiB; is this a properties file?", path));
  return parse_properties(text, path);
}

Result<std::pair<std::string, std::string>> parse_override(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return fail(ErrorCode::kInvalidConfig, fmt::format("'{}': wanted key=value", text));
  return std::pair<std::string, std::string>(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace baton
