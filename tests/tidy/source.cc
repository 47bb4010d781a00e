#include "tests/tidy/source.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace baton::tidy {
namespace {

bool is_ours(const std::filesystem::path& path) {
  return path.extension() == ".h" || path.extension() == ".cc" || path.extension() == ".proto" || path.extension() == ".py" ||
         path.filename() == "CMakeLists.txt";
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

}  // namespace

Tree read_tree(const std::string& root, const std::vector<std::string>& folders) {
  Tree tree;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/" + folder)) {
      if (!entry.is_regular_file() || !is_ours(entry.path())) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      tree[std::filesystem::relative(entry.path(), root).generic_string()] = {std::istreambuf_iterator<char>(file), {}};
    }
  }
  return tree;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool is_header(std::string_view path) {
  return path.ends_with(".h");
}

bool is_cpp(std::string_view path) {
  return is_header(path) || path.ends_with(".cc");
}

std::string folder_of(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> includes;
  int number = 0;
  for (std::string_view line : lines_of(text)) {
    ++number;
    line = trimmed(line);
    if (!line.starts_with("#")) continue;
    line = trimmed(line.substr(1));
    if (!line.starts_with("include")) continue;
    line = trimmed(line.substr(7));
    if (line.empty() || (line.front() != '"' && line.front() != '<')) continue;
    bool quoted = line.front() == '"';
    size_t end = line.find(quoted ? '"' : '>', 1);
    if (end != std::string_view::npos) includes.push_back({number, std::string(line.substr(1, end - 1)), quoted});
  }
  return includes;
}

}  // namespace baton::tidy
