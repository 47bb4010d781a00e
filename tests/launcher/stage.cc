#include "tests/launcher/stage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/assert.h"
#include "tests/support/child_process.h"

namespace baton::launcher {
namespace {

namespace fs = std::filesystem;

// What the launcher takes for granted on any Debian.
constexpr const char* kTools[] = {"bash",  "sh",   "env",   "awk",  "sed",   "grep", "sort", "tail",  "head",     "cat",     "cp",
                                  "mkdir", "rm",   "mv",    "find", "flock", "fmt",  "id",   "nproc", "readlink", "dirname", "basename",
                                  "touch", "sync", "uname", "true", "chmod", "date", "ls",   "mawk",  "gawk",     "printf"};
constexpr std::chrono::minutes kAtMost{1};
// Every package is installed, every program builds at once, every test passes.
constexpr const char* kInstalled = R"(shift 3; for name; do echo "$name installed"; done)";
constexpr const char* kConfigures = R"(note "$@"
mkdir -p "build/$2"; : >"build/$2/build.ninja"
printf 'BATON_TESTS:BOOL=%s\nCMAKE_HOME_DIRECTORY:INTERNAL=%s\n' "${3#-DBATON_TESTS=}" "$PWD" >"build/$2/CMakeCache.txt")";
constexpr const char* kBuilds = R"(note "$@"
mkdir -p "$2/bin"
printf '#!/bin/sh\necho "in $PWD:"; for word; do echo "<$word>"; done\n' >"$2/bin/baton-cli"
cp "$2/bin/baton-cli" "$2/bin/baton-broker"; chmod +x "$2/bin/"*)";
constexpr const char* kTests = R"(note "$@"
while [ "$1" != --output-junit ]; do shift; done
case $2 in
  *-together.junit) echo '<testcase name="test_one" classname="test_one" time="0" status="run">' >"$2" ;;
  *) : >"$2" ;;
esac)";

}  // namespace

Stage::Stage() {
  fs::permissions(directory_.path(), fs::perms::all);
  fs::create_directories(tree_ + "/cmake");
  fs::create_directories(bin_);
  fs::create_directories(elsewhere());
  fs::copy_file(BATON_SOURCE_DIR "/baton", tree_ + "/baton");
  fs::copy_file(BATON_SOURCE_DIR "/cmake/packages.txt", tree_ + "/cmake/packages.txt");
  for (const char* folder : {"base", "partitions", "controller", "broker", "cli", "drills", "bench"})
    write(std::string(folder) + "/a.cc", "");
  for (const char* file : {"CMakeLists.txt", "CMakePresets.json"}) write(file, "");
  fs::permissions(tree_, fs::perms::all);
  for (const char* tool : kTools) {
    for (const char* folder : {"/usr/bin/", "/bin/"}) {
      if (fs::exists(std::string(folder) + tool) && !fs::exists(bin_ + "/" + tool))
        fs::create_symlink(std::string(folder) + tool, bin_ + "/" + tool);
    }
  }
  stand_in("dpkg-query", kInstalled);
  stand_in("cmake", kConfigures);
  stand_in("ninja", kBuilds);
  stand_in("ctest", kTests);
  stand_in("setarch", R"(shift 2; exec "$@")");
  stand_in("sleep", "");
}

void Stage::stand_in(const std::string& name, const std::string& script) {
  take_away(name);
  std::ofstream(bin_ + "/" + name) << "#!/bin/sh\nnote() { echo \"" << name << " $*\" >>'" << (directory_ / "calls") << "'; }\n"
                                   << script << "\n";
  fs::permissions(bin_ + "/" + name,
                  fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec);
}

void Stage::take_away(const std::string& name) {
  fs::remove(bin_ + "/" + name);
}

void Stage::write(const std::string& path_in_tree, const std::string& text) {
  fs::path path = fs::path(tree_) / path_in_tree;
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

bool Stage::exists(const std::string& path_in_tree) const {
  return fs::exists(fs::path(tree_) / path_in_tree);
}

std::string Stage::elsewhere() const {
  return directory_ / "elsewhere";
}

std::string Stage::calls() const {
  std::stringstream text;
  text << std::ifstream(directory_ / "calls").rdbuf();
  return text.str();
}

Outcome Stage::run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) {
  return start({"/usr/bin/env", "-i", "-C", elsewhere()}, arguments, environment);
}

Outcome Stage::run_unprivileged(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) {
  std::vector<std::string> argv{"/usr/bin/env", "-i", "-C", elsewhere()};
  if (::geteuid() == 0) argv = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "-i", "-C", elsewhere()};
  return start(std::move(argv), arguments, environment);
}

Outcome Stage::start(std::vector<std::string> argv, const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment) {
  argv.push_back("PATH=" + bin_);
  argv.push_back("HOME=" + elsewhere());
  for (const auto& [name, value] : environment) argv.push_back(name + "=" + value);
  argv.push_back(tree_ + "/baton");
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::string output = directory_ / "output";
  fs::remove(output);
  auto exit = support::ChildProcess::start(argv, output).wait(kAtMost);
  std::stringstream text;
  text << std::ifstream(output).rdbuf();
  return {exit && exit->signal == 0 ? exit->code : -1, text.str()};
}

}  // namespace baton::launcher
