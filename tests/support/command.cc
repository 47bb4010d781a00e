#include "tests/support/command.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace baton::support {

CommandOutcome run_command(const std::string& line) {
  TempDir dir;
  int status = std::system(("( " + line + " ) >" + (dir / "out") + " 2>" + (dir / "error")).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(dir / "out"), text_of(dir / "error")};
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

}  // namespace baton::support
