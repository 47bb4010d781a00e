// The user guide and the drill handbook name the commands and options that exist, all of them and no others.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace baton {
namespace {

// An option by all of its names, as the help prints them: "-g,--group".
using Options = std::set<std::string>;
using Commands = std::map<std::string, Options>;

std::string help_of(const std::string& command) {
  std::string text;
  FILE* output = popen(("'" BATON_BINARY_DIR "/bin/baton-cli' " + command + " --help").c_str(), "r");
  char part[4096];
  while (size_t size = std::fread(part, 1, sizeof part, output)) text.append(part, size);
  EXPECT_EQ(pclose(output), 0) << command;
  return text;
}

// The commands that can be typed, with what each takes beside the options of all.
void collect(const std::string& command, Commands& found) {
  std::istringstream help(help_of(command));
  std::string line;
  bool leaf = true;
  bool subcommands = false;
  Options options;
  std::regex option("^  ((-[-a-zA-Z]+,?)+).*");
  std::regex subcommand("^  ([a-z-]+) .*");
  std::smatch match;
  while (std::getline(help, line)) {
    if (line == "Subcommands:") {
      subcommands = true;
      leaf = false;
    } else if (subcommands && std::regex_match(line, match, subcommand)) {
      collect(command.empty() ? match[1].str() : command + " " + match[1].str(), found);
    } else if (std::regex_match(line, match, option) && match[1] != "-h,--help" && match[1] != "--dir") {
      options.insert(match[1]);
    }
  }
  if (leaf) found[command] = options;
}

const Commands& commands() {
  static const Commands all = [] {
    Commands found;
    collect("", found);
    return found;
  }();
  return all;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(BATON_SOURCE_DIR "/" + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void add_options(const std::string& text, Options& options) {
  std::regex option("(^|[ \\[])(--?[a-zA-Z][a-z-]*)");
  for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at) options.insert((*at)[2]);
}

// The command that a piece of the guide begins with; empty: none.
std::string command_of(const std::string& piece) {
  std::string best;
  for (const auto& [command, options] : commands()) {
    if ((piece + " ").starts_with(command + " ") && command.size() > best.size()) best = command;
  }
  return best;
}

// Pieces between backticks. Those that are no command belong to the last command before them in their row.
Commands in_guide() {
  Commands named;
  std::regex code("`([^`]+)`");
  for (const std::string& line : lines_of("docs/user-guide.md")) {
    if (!line.starts_with("| `")) continue;
    std::string command;
    for (std::sregex_iterator at(line.begin(), line.end(), code), end; at != end; ++at) {
      std::string piece = (*at)[1];
      std::string own = command_of(piece);
      if (!own.empty()) command = own;
      if (!command.empty()) add_options(piece.substr(own.size()), named[command]);
    }
  }
  for (const std::string& line : lines_of("docs/drills.md")) {
    std::string command = line.starts_with("./baton ") ? command_of(line.substr(8)) : "";
    if (!command.empty()) add_options(line, named[command]);
  }
  return named;
}

bool is_name_of(const std::string& name, const std::string& option) {
  return ("," + option + ",").find("," + name + ",") != std::string::npos;
}

TEST(UserGuide, NamesEveryCommand) {
  ASSERT_GT(commands().size(), 12u);
  for (const auto& [command, options] : commands()) EXPECT_TRUE(in_guide().contains(command)) << command;
}

TEST(UserGuide, NamesEveryOptionOfEachCommand) {
  Commands guide = in_guide();
  for (const auto& [command, options] : commands()) {
    for (const std::string& option : options) {
      bool named = std::any_of(guide[command].begin(), guide[command].end(), [&](auto& name) { return is_name_of(name, option); });
      EXPECT_TRUE(named) << "baton " << command << " takes " << option << ", and the guide does not say so";
    }
  }
}

TEST(UserGuide, NamesNoOptionThatIsNotThere) {
  for (const auto& [command, names] : in_guide()) {
    const Options& options = commands().at(command);
    for (const std::string& name : names) {
      bool known = std::any_of(options.begin(), options.end(), [&](auto& option) { return is_name_of(name, option); });
      EXPECT_TRUE(known) << "the guide says that baton " << command << " takes " << name;
    }
  }
}

}  // namespace
}  // namespace baton
